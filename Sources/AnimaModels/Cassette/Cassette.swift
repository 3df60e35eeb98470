import AnimaCore
import Synchronization

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// Exchanges with models' providers, written down so that they can be played again without network or key.
///
/// A file of JSON objects, one a line: first `{"cassette": 1}`, then one for each exchange with the model (`as`), the request
/// (method, path, body), the head of the answer and its pieces as they came. Headers of requests, where keys are, are not
/// kept, nor most of those of answers; a key that stands anywhere else is replaced.
enum Cassette {
    static let version = 1

    /// One exchange.
    struct Exchange: Sendable {
        /// Who was asked.
        var subject: ModelDescription
        var method: String
        var path: String
        var body: JSONValue
        var status = 0
        var headers: [(name: String, value: String)] = []
        var pieces: [[UInt8]] = []
        /// How the exchange broke, when it did.
        var failure: String?
    }

    /// Fields of answers that say how to read or when to retry.
    static func isKept(header name: String) -> Bool {
        name == "content-type" || name.hasPrefix("retry-after") || name.contains("ratelimit")
    }
}

extension Cassette.Exchange {
    /// The exchange on one line.
    func line(without key: Secret?) -> String {
        func clean(_ value: JSONValue) -> JSONValue {
            guard let key else { return value }
            switch value {
            case .string(let text): return .string(key.redacted(from: text))
            case .array(let values): return .array(values.map(clean))
            case .object(let members): return .object(members.mapValues(clean))
            default: return value
            }
        }
        let pieces: [JSONValue] = pieces(without: key)
            .map { bytes in
                if let text = String(validating: bytes, as: UTF8.self) { return .string(text) }
                return .array(bytes.map { .int(Int($0)) })
            }
        var members: [String: JSONValue] = [
            "as": subject.json, "method": .string(method), "path": .string(path), "body": body,
            "status": .int(status), "pieces": .array(pieces),
            "headers": .array(headers.map { [.string($0.name), .string($0.value)] }),
        ]
        if let failure { members["failure"] = .string(failure) }
        return clean(.object(members)).text
    }

    /// The pieces as they came, or as one when the key stands in them: it may be cut between two.
    private func pieces(without key: Secret?) -> [[UInt8]] {
        guard let key else { return pieces }
        let whole = String(decoding: pieces.joined(), as: UTF8.self)
        let clean = key.redacted(from: whole)
        return clean == whole ? pieces : [Array(clean.utf8)]
    }

    init(line: String) throws {
        let value = try JSONValue(parsing: line)
        guard let subject = value["as"].flatMap(ModelDescription.init(json:)),
            let method = value["method"]?.stringValue,
            let path = value["path"]?.stringValue, let status = value["status"]?.intValue
        else { throw WireError(message: "a line is no exchange") }
        self.init(subject: subject, method: method, path: path, body: value["body"] ?? .null, status: status)
        headers = (value["headers"]?.arrayValue ?? [])
            .compactMap { pair in
                guard let pair = pair.arrayValue, pair.count == 2, let name = pair[0].stringValue,
                    let text = pair[1].stringValue
                else { return nil }
                return (name, text)
            }
        pieces = (value["pieces"]?.arrayValue ?? [])
            .map { piece in
                if let text = piece.stringValue { return Array(text.utf8) }
                return (piece.arrayValue ?? []).compactMap { $0.intValue.flatMap { UInt8(exactly: $0) } }
            }
        failure = value["failure"]?.stringValue
    }
}

/// Writes exchanges into a file while they happen.
public final class CassetteRecorder: Sendable {
    private let path: String
    private let descriptor: Mutex<Int32>

    /// Makes the file.
    ///
    /// - Throws: ``ModelSetupError`` when it is there already or can't be made.
    public init(path: String) throws(ModelSetupError) {
        self.path = path
        let file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_APPEND, 0o600)
        guard file >= 0 else {
            let reason = errno == EEXIST ? "it is there already; give another name" : String(cString: strerror(errno))
            throw ModelSetupError("can't record to \(path): \(reason)")
        }
        descriptor = Mutex(file)
        write("{\"cassette\":\(Cassette.version)}")
    }

    deinit { _ = descriptor.withLock { close($0) } }

    func write(_ line: String) {
        let bytes = Array((line + "\n").utf8)
        descriptor.withLock { file in
            var rest = bytes[...]
            while !rest.isEmpty {
                let count = rest.withUnsafeBytes { systemWrite(file, $0.baseAddress, $0.count) }
                if count < 0, errno == EINTR { continue }
                // What can't be recorded does not stop the agent; playing the cassette will say where it ends.
                guard count > 0 else { return }
                rest = rest.dropFirst(count)
            }
        }
    }
}

private func systemWrite(_ file: Int32, _ base: UnsafeRawPointer?, _ count: Int) -> Int {
    #if canImport(Glibc)
    Glibc.write(file, base, count)
    #elseif canImport(Musl)
    Musl.write(file, base, count)
    #else
    Darwin.write(file, base, count)
    #endif
}

/// Carries exchanges by another transport and writes them down.
struct RecordingTransport: HTTPTransport {
    let inner: any HTTPTransport
    let recorder: CassetteRecorder
    let subject: ModelDescription
    let baseURL: String

    func perform(_ call: HTTPCall, _ receiver: any HTTPReceiver) async throws {
        let copy = Copy(receiver)
        var exchange = Cassette.Exchange(
            subject: subject,
            method: call.method,
            path: String(call.url.dropFirst(call.url.hasPrefix(baseURL) ? baseURL.count : 0)),
            body: (try? JSONValue(parsing: call.body)) ?? .null
        )
        let result: Result<Void, any Error>
        do {
            try await inner.perform(call, copy)
            result = .success(())
        } catch {
            result = .failure(error)
        }
        // An exchange that the agent gave up says nothing that could be played again.
        if case .failure(let error) = result {
            if error is CancellationError { throw error }
            exchange.failure = (error as? TransportError)?.message ?? "\(error)"
        }
        exchange.status = copy.head?.status ?? 0
        exchange.headers = copy.head?.headers.filter { Cassette.isKept(header: $0.name) } ?? []
        exchange.pieces = copy.pieces
        recorder.write(exchange.line(without: subject.key))
        try result.get()
    }

    /// Hands an answer on and keeps it.
    private final class Copy: HTTPReceiver, @unchecked Sendable {
        // Calls don't overlap, and the end of the exchange comes after the last one; so there is no lock.
        private let receiver: any HTTPReceiver
        private(set) var head: HTTPHead?
        private(set) var pieces: [[UInt8]] = []

        init(_ receiver: any HTTPReceiver) { self.receiver = receiver }

        func receive(_ head: HTTPHead) throws {
            self.head = head
            try receiver.receive(head)
        }

        func receive(_ bytes: UnsafeRawBufferPointer) throws {
            pieces.append(Array(bytes))
            try receiver.receive(bytes)
        }
    }
}
