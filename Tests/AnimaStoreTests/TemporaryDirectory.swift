import AnimaCore
import AnimaStore
import AnimaTesting
import FoundationEssentials
import Testing

/// A fresh directory that goes when the last reference to it does.
final class TemporaryDirectory: Sendable {
    let path: String

    init() throws {
        path = "/tmp/anima-store-\(UInt64.random(in: 0 ... .max))"
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    static func / (directory: TemporaryDirectory, name: String) -> String { directory.path + "/" + name }

    func bytes(_ name: String) throws -> Data { try Data(contentsOf: URL(filePath: self / name)) }

    func names() throws -> [String] { try FileManager.default.contentsOfDirectory(atPath: path).sorted() }
}
