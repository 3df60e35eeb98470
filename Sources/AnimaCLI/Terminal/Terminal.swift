import AnimaCore
import Synchronization

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// The two ways out of the program: the answer, and everything else.
struct Terminal: Sendable {
    /// Where texts go.
    enum Stream: Int32, Sendable {
        /// The answer.
        case output = 1
        /// Everything else.
        case error = 2
    }

    /// The look of a piece of text; only seen on a terminal.
    enum Style: String, Sendable {
        case plain = ""
        case bold = "1"
        case dim = "2"
        case red = "31"
        case green = "32"
        case yellow = "33"
        case cyan = "36"
    }

    private let hasColor: [Bool]
    private let isInteractive: [Bool]
    private let loss = OutputLoss()

    /// The streams of this process.
    ///
    /// - Parameter environment: `NO_COLOR` (not empty) and `TERM=dumb` turn colours off. Source: no-color.org.
    init(environment: [String: String]) {
        isInteractive = [isatty(1) == 1, isatty(2) == 1]
        let mayColor = (environment["NO_COLOR"] ?? "").isEmpty && environment["TERM"] != "dumb"
        hasColor = isInteractive.map { $0 && mayColor }
    }

    /// Whether a person looks at this stream.
    func isTerminal(_ stream: Stream) -> Bool { isInteractive[Int(stream.rawValue) - 1] }

    /// Whether a person can be asked: somebody types, and looks at the questions.
    var isPersonThere: Bool { isatty(0) == 1 && isTerminal(.error) }

    /// Whether it makes sense to go on writing answers: nothing of them was lost, and who reads them is still there.
    var hasReader: Bool {
        guard loss.first == nil else { return false }
        // A pipe or socket says so when its other end is gone, also while nothing is written.
        var look = pollfd(fd: Stream.output.rawValue, events: 0, revents: 0)
        return poll(&look, 1, 0) != 1 || look.revents & Int16(POLLERR | POLLHUP | POLLNVAL) == 0
    }

    /// Why a part of the answers could not be written; nil when nothing is missing, or its reader did not want more.
    var lossOfOutput: String? {
        guard let code = loss.first, code != EPIPE else { return nil }
        return "standard output could not be written: \(String(cString: strerror(code))). What was done stays done; "
            + "anima log shows the lives of agents"
    }

    /// Writes a text for people; what it contains of control characters is made harmless, also for who looks at it later.
    func write(_ text: String, to stream: Stream, _ style: Style = .plain) {
        let shown = Harmless.text(text)
        let isStyled = style != .plain && hasColor[Int(stream.rawValue) - 1] && !shown.isEmpty
        put(isStyled ? "\u{1B}[\(style.rawValue)m\(shown)\u{1B}[0m" : shown, to: stream)
    }

    /// Writes an answer as it is, so that it can go into a file or a program; harmless when a person looks.
    func exact(_ text: String) { put(isTerminal(.output) ? Harmless.text(text) : text, to: .output) }

    /// Writes a value as one line; the same value to who reads it, harmless to who looks at it.
    func json(_ value: JSONValue) { put(Harmless.json(value.text) + "\n", to: .output) }

    /// Writes a line.
    func line(_ text: String = "", to stream: Stream, _ style: Style = .plain) {
        write(text, to: stream, style)
        put("\n", to: stream)
    }

    private func put(_ text: String, to stream: Stream) {
        var bytes = Array(text.utf8)[...]
        while !bytes.isEmpty {
            let count = bytes.withUnsafeBytes { systemWrite(stream.rawValue, $0.baseAddress, $0.count) }
            let code = errno
            if count >= 0 {
                bytes = bytes.dropFirst(count)
            } else if code == EAGAIN {
                var wait = pollfd(fd: stream.rawValue, events: Int16(POLLOUT), revents: 0)
                _ = poll(&wait, 1, -1)
            } else if code != EINTR {
                // The work goes on without an audience; how the command ends tells of it.
                if stream == .output { loss.note(code) }
                return
            }
        }
    }

    /// Gives standard streams that are closed a place, so that no file that is opened later takes theirs and gets what is
    /// written to them.
    static func holdStandardStreams() {
        for descriptor in 0...2 where fcntl(Int32(descriptor), F_GETFD) == -1 {
            // Opens the lowest that is free; what is written to a closed output stays an error.
            _ = open("/dev/null", O_RDONLY)
        }
    }
}

/// The first error of writing to standard output.
private final class OutputLoss: Sendable {
    private let code = Atomic<Int32>(0)

    var first: Int32? {
        let code = code.load(ordering: .relaxed)
        return code == 0 ? nil : code
    }

    func note(_ error: Int32) { _ = code.compareExchange(expected: 0, desired: error, ordering: .relaxed) }
}

/// Makes texts from models and tools safe to show.
enum Harmless {
    /// The text with control characters shown as pictures, so that it can't move the cursor, change colours or set titles.
    ///
    /// Line feeds and tabs stay. Direction overrides, which can disguise text, are shown as code points.
    static func text(_ text: String) -> String {
        guard text.unicodeScalars.contains(where: isHarmful) else { return text }
        var result = String.UnicodeScalarView()
        for scalar in text.unicodeScalars {
            if !isHarmful(scalar) {
                result.append(scalar)
            } else if scalar.value < 0x20, let picture = Unicode.Scalar(0x2400 + scalar.value) {
                result.append(picture)
            } else if scalar.value == 0x7F {
                result.append("\u{2421}")
            } else {
                result.append(contentsOf: "<U+\(String(scalar.value, radix: 16, uppercase: true))>".unicodeScalars)
            }
        }
        return String(result)
    }

    /// JSON with what is harmful in its texts written as escapes.
    static func json(_ text: String) -> String {
        guard text.unicodeScalars.contains(where: isHarmful) else { return text }
        var result = String.UnicodeScalarView()
        for scalar in text.unicodeScalars {
            guard isHarmful(scalar) else {
                result.append(scalar)
                continue
            }
            let digits = String(scalar.value, radix: 16)
            result.append(contentsOf: ("\\u" + String(repeating: "0", count: 4 - digits.count) + digits).unicodeScalars)
        }
        return String(result)
    }

    private static func isHarmful(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x09, 0x0A: false
        case 0..<0x20, 0x7F...0x9F: true
        case 0x202A...0x202E, 0x2066...0x2069: true
        default: false
        }
    }
}

/// The system's `write`, under a name that the methods above don't hide.
private func systemWrite(_ descriptor: Int32, _ bytes: UnsafeRawPointer?, _ count: Int) -> Int {
    write(descriptor, bytes, count)
}
