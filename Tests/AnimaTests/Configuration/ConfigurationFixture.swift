import Anima
import Foundation

/// A fresh directory with configuration files in it; removed with the last reference.
final class ConfigurationFixture: Sendable {
    let directory: String

    init(_ files: [String: String] = [:]) throws {
        directory = FileManager.default.temporaryDirectory.appending(path: "anima-config-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        for (path, text) in files { try write(path, Data(text.utf8)) }
    }

    deinit { try? FileManager.default.removeItem(atPath: directory) }

    func write(_ path: String, _ data: Data) throws {
        let url = URL(filePath: directory).appending(path: path)
        try FileManager.default.createDirectory(at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
        try data.write(to: url)
    }

    func load(
        _ path: String = "clerk.toml",
        form: ConfigurationLoader.Form = .selfContained,
        environment: [String: String] = [:],
        overrides: [ConfigurationOverride] = []
    ) throws(ConfigurationError) -> AgentConfiguration {
        try ConfigurationLoader(environment: environment, baseDirectory: directory, home: "home")
            .load(path, form: form, overrides: overrides)
    }

    /// The faults of a load, one a line, the fixture's directory written as `DIR`; empty when there are none.
    func faults(
        _ path: String = "clerk.toml",
        form: ConfigurationLoader.Form = .selfContained,
        environment: [String: String] = [:],
        overrides: [ConfigurationOverride] = []
    ) -> [String] {
        do throws(ConfigurationError) {
            _ = try load(path, form: form, environment: environment, overrides: overrides)
            return []
        } catch {
            return error.faults.map { $0.description.replacing(directory, with: "DIR") }
        }
    }

    /// The faults of one text in `clerk.toml`.
    static func faults(of text: String, environment: [String: String] = [:]) throws -> [String] {
        try ConfigurationFixture(["clerk.toml": text]).faults(environment: environment)
    }

    /// The configuration in one text in `clerk.toml`.
    static func load(_ text: String, environment: [String: String] = [:]) throws -> AgentConfiguration {
        try ConfigurationFixture(["clerk.toml": text]).load(environment: environment)
    }
}
