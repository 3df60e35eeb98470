#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// An open file or directory that is closed when nobody uses it any more.
final class Descriptor: Sendable {
    let number: Int32

    init(_ number: Int32) { self.number = number }

    deinit { close(number) }
}

/// Why a tool could not do its work, in words for the model.
struct ToolFailure: Error {
    let message: String

    init(_ message: String) { self.message = message }

    /// With the system's reason.
    init(_ attempt: String, errno code: Int32) {
        message = "\(attempt): \(String(cString: strerror(code)))"
    }
}
