import Dispatch

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// What is piped into the program.
enum StandardInput {
    /// One line, read without holding up other work; nil at the end.
    static func readLine() async -> String? {
        await withCheckedContinuation { continuation in
            DispatchQueue.global().async { continuation.resume(returning: Swift.readLine(strippingNewline: true)) }
        }
    }

    /// One line that is not shown while it is typed, or all that is piped in.
    static func readSecret(prompt: String, _ terminal: Terminal) throws -> String {
        guard isatty(0) == 1 else { return try readAll() }
        var settings = termios()
        guard tcgetattr(0, &settings) == 0 else { return try readAll() }
        var hidden = settings
        hidden.c_lflag &= ~tcflag_t(ECHO)
        terminal.write(prompt, to: .error)
        tcsetattr(0, TCSAFLUSH, &hidden)
        defer {
            tcsetattr(0, TCSAFLUSH, &settings)
            terminal.line(to: .error)
        }
        return Swift.readLine(strippingNewline: true) ?? ""
    }

    /// All of it, up to a megabyte.
    static func readAll() throws -> String {
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = read(0, &chunk, chunk.count)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw UsageError("can't read standard input: \(String(cString: strerror(errno)))") }
            if count == 0 { break }
            bytes += chunk[..<count]
            guard bytes.count <= 1_048_576 else { throw UsageError("standard input has more than 1 MiB") }
        }
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw UsageError("standard input is not a text in UTF-8")
        }
        return text
    }
}
