import NIOCore
import NIOHTTP1
import NIOPosix
import Synchronization

extension ScriptedServer {
    /// Takes the connections of a server and performs its scripts.
    final class Desk: Sendable {
        typealias Connection = NIOAsyncChannel<HTTPServerRequestPart, Never>

        let connections: LiveConnections
        let requests = Mutex<[Exchange]>([])
        let received = Tally()
        private let answer: @Sendable (Exchange) -> [Step]

        init(limit: Duration, answer: @escaping @Sendable (Exchange) -> [Step]) {
            connections = LiveConnections(limit: limit)
            self.answer = answer
        }

        /// Serves until the listener is closed.
        func serve(_ listener: NIOAsyncChannel<Connection, Never>) async {
            await withDiscardingTaskGroup { group in
                // How the listener ends says nothing: it is closed from outside.
                try? await listener.executeThenClose { connections in
                    var number = 0
                    for try await connection in connections {
                        number += 1
                        let current = number
                        group.addTask { await self.serve(connection, number: current) }
                    }
                }
                group.cancelAll()
            }
        }

        private func serve(_ connection: Connection, number: Int) async {
            let channel = connection.channel
            await withTaskGroup(of: Void.self) { group in
                group.addTask {
                    // How a connection ends is a matter between the script and the client.
                    try? await connection.executeThenClose { parts in
                        try await self.answerAll(parts, channel, number)
                    }
                }
                // A script that waits ends when the client leaves.
                group.addTask { try? await channel.closeFuture.get() }
                await group.next()
                group.cancelAll()
            }
        }

        private func answerAll(
            _ parts: NIOAsyncChannelInboundStream<HTTPServerRequestPart>,
            _ channel: any Channel,
            _ connection: Int
        ) async throws {
            var parts = parts.makeAsyncIterator()
            while case .head(let head)? = try await parts.next() {
                var body: [UInt8] = []
                while case .body(let buffer)? = try await parts.next() {
                    guard body.count + buffer.readableBytes <= largestBody else { return }
                    body.append(contentsOf: buffer.readableBytesView)
                }
                let exchange = record(head, body, connection)
                var script = Script(channel: channel)
                for step in answer(exchange) where script.goesOn {
                    try await script.perform(step)
                }
                if script.goesOn { try await script.perform(.end) }
                guard script.goesOn, head.isKeepAlive else { return }
            }
        }

        private func record(_ head: HTTPRequestHead, _ body: [UInt8], _ connection: Int) -> Exchange {
            let headers = Dictionary(head.headers.map { ($0.name.lowercased(), $0.value) }) { "\($0), \($1)" }
            let exchange = requests.withLock { requests in
                let exchange = Exchange(
                    number: requests.count + 1,
                    connection: connection,
                    method: head.method.rawValue,
                    path: head.uri,
                    headers: headers,
                    body: body
                )
                requests.append(exchange)
                return exchange
            }
            received.add()
            return exchange
        }
    }

    /// Performs the steps of one answer.
    private struct Script {
        private enum Framing {
            /// No head was sent. Next: chunked or plain.
            case none
            /// Each piece is a chunk. Next: ended.
            case chunked
            /// The length was in the head, or there is no body. Next: ended.
            case plain
            /// The answer is whole.
            case ended
        }

        let channel: any Channel
        /// Whether the connection can be used further.
        private(set) var goesOn = true
        private var framing = Framing.none

        init(channel: any Channel) { self.channel = channel }

        mutating func perform(_ step: Step) async throws {
            switch step {
            case .head(let status, let fields): try await sendHead(status, fields)
            case .bytes(let bytes): try await send(bytes)
            case .text(let text): try await send(Array(text.utf8))
            case .chunked(let bytes, let size):
                var rest = bytes[...]
                while !rest.isEmpty {
                    try await send(Array(rest.prefix(max(size, 1))))
                    rest = rest.dropFirst(max(size, 1))
                }
            case .raw(let bytes):
                try await write(ByteBuffer(bytes: bytes))
                // Nobody knows what was sent, so there is nothing to end, unless there is a head of the script's own.
                if framing == .none { framing = .ended }
            case .pass(let door):
                await door.pass()
                try Task.checkCancellation()
            case .pause(let duration): try await Task.sleep(for: duration)
            case .end: try await sendEnd()
            case .close, .reset:
                goesOn = false
                var isReset = false
                if case .reset = step { isReset = true }
                LiveConnections.hangUp(channel, isReset: isReset)
                try await channel.closeFuture.get()
            case .hang:
                goesOn = false
                try await channel.closeFuture.get()
            }
        }

        private mutating func sendHead(_ status: Int, _ fields: [String: String]) async throws {
            let names = Set(fields.keys.map { $0.lowercased() })
            let hasBody = status >= 200 && status != 204 && status != 304
            let isChunked = hasBody && !names.contains("content-length")
            var text = "HTTP/1.1 \(status) \(HTTPResponseStatus(statusCode: status).reasonPhrase)\r\n"
            for (name, value) in fields.sorted(by: { $0.key < $1.key }) { text += "\(name): \(value)\r\n" }
            if isChunked { text += "transfer-encoding: chunked\r\n" }
            framing = isChunked ? .chunked : .plain
            try await write(ByteBuffer(string: text + "\r\n"))
        }

        private mutating func send(_ bytes: [UInt8]) async throws {
            if framing == .none { try await sendHead(200, [:]) }
            // An empty chunk would be the end.
            guard !bytes.isEmpty else { return }
            var buffer = ByteBuffer()
            if framing == .chunked { buffer.writeString(String(bytes.count, radix: 16) + "\r\n") }
            buffer.writeBytes(bytes)
            if framing == .chunked { buffer.writeString("\r\n") }
            try await write(buffer)
        }

        private mutating func sendEnd() async throws {
            if framing == .none { try await sendHead(200, ["content-length": "0"]) }
            if framing == .chunked { try await write(ByteBuffer(string: "0\r\n\r\n")) }
            framing = .ended
        }

        private func write(_ buffer: ByteBuffer) async throws { try await channel.writeAndFlush(buffer).get() }
    }
}
