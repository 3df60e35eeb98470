import NIOCore
import NIOPosix
import Synchronization

extension ScriptedProxy {
    /// Connects clients with far sides and passes the bytes on.
    final class Switchboard: Sendable {
        typealias Line = NIOAsyncChannel<ByteBuffer, Never>

        private struct State {
            var rule: Rule
            var requests: [Request] = []
            var sent = 0
            var received = 0
            /// The number of the last connection and of the last one that fell silent with all before it.
            var number = 0
            var silenced = 0
        }

        let clients: LiveConnections
        private let farSides: LiveConnections
        private let hosts: [String: Int]
        private let state: Mutex<State>

        init(hosts: [String: Int], rule: Rule, limit: Duration) {
            self.hosts = hosts
            clients = LiveConnections(limit: limit)
            farSides = LiveConnections(limit: limit)
            state = Mutex(State(rule: rule))
        }

        var requests: [Request] { state.withLock { $0.requests } }
        var traffic: (sent: Int, received: Int) { state.withLock { ($0.sent, $0.received) } }

        func follow(_ rule: Rule) { state.withLock { $0.rule = rule } }

        func cut(_ how: Cut) {
            if how == .silence { return state.withLock { $0.silenced = $0.number } }
            clients.hangUp(isReset: how == .reset)
            farSides.hangUp(isReset: how == .reset)
        }

        func close() {
            clients.close()
            farSides.close()
        }

        /// Serves until the listener is closed.
        func serve(_ listener: NIOAsyncChannel<Line, Never>) async {
            await withDiscardingTaskGroup { group in
                // How the listener ends says nothing: it is closed from outside.
                try? await listener.executeThenClose { lines in
                    for try await line in lines {
                        // How a connection ends is a matter between its two sides.
                        group.addTask { try? await self.serve(line) }
                    }
                }
                group.cancelAll()
            }
        }

        private func serve(_ client: Line) async throws {
            let channel = client.channel
            try await client.executeThenClose { bytes in
                var bytes = bytes.makeAsyncIterator()
                var buffer = ByteBuffer()
                var opening: Opening?
                while opening == nil {
                    guard buffer.readableBytes < largestHead, var more = try await bytes.next() else { return }
                    buffer.writeBuffer(&more)
                    opening = Opening(&buffer)
                }
                guard let opening else { return }
                let (rule, number) = state.withLock { state in
                    state.requests.append(opening.request)
                    state.number += 1
                    return (state.rule, state.number)
                }
                switch rule {
                case .refuse(let status): return try await Self.refuse(channel, status)
                case .hang: return try await channel.closeFuture.get()
                case .forward, .cut: break
                }
                guard let port = hosts[opening.host], let far = try? await connect(port) else {
                    return try await Self.refuse(channel, 502)
                }
                if opening.request.method == "CONNECT" {
                    let answer = "HTTP/1.1 200 Connection established\r\n\r\n"
                    try await channel.writeAndFlush(ByteBuffer(string: answer)).get()
                }
                // What goes to the far side first: the request without the proxy's part, and what came with it.
                var first = ByteBuffer(string: opening.rest)
                first.writeBuffer(&buffer)
                try await far.executeThenClose { answers in
                    try await withThrowingTaskGroup(of: Void.self) { group in
                        group.addTask { try await self.bring(answers, from: far.channel, to: channel, number, rule) }
                        if first.readableBytes > 0 { try await send(first, to: far.channel, number) }
                        while let buffer = try await bytes.next() { try await send(buffer, to: far.channel, number) }
                        LiveConnections.hangUp(far.channel, isReset: false)
                        try await group.waitForAll()
                    }
                }
            }
        }

        private func connect(_ port: Int) async throws -> Line {
            try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
                .channelOption(.tcpOption(.tcp_nodelay), value: 1)
                .connectTimeout(.seconds(5))
                .connect(host: "127.0.0.1", port: port) { channel in
                    channel.eventLoop.makeCompletedFuture {
                        try self.farSides.add(channel)
                        return try Line(wrappingChannelSynchronously: channel)
                    }
                }
        }

        private func send(_ buffer: ByteBuffer, to far: any Channel, _ number: Int) async throws {
            let isSilent = state.withLock { state in
                if number <= state.silenced { return true }
                state.sent += buffer.readableBytes
                return false
            }
            if !isSilent { try await far.writeAndFlush(buffer).get() }
        }

        /// Brings the client what the far side says, as far as the rule lets it through.
        private func bring(
            _ answers: NIOAsyncChannelInboundStream<ByteBuffer>,
            from far: any Channel,
            to client: any Channel,
            _ number: Int,
            _ rule: Rule
        ) async throws {
            var left = Int.max
            var how = Cut.finish
            if case .cut(let bytes, let cut) = rule { (left, how) = (bytes, cut) }
            for try await buffer in answers {
                let part = buffer.getSlice(at: buffer.readerIndex, length: min(left, buffer.readableBytes)) ?? buffer
                let isSilent = state.withLock { state in
                    if number <= state.silenced { return true }
                    state.received += part.readableBytes
                    return false
                }
                if isSilent { continue }
                if part.readableBytes > 0 { try await client.writeAndFlush(part).get() }
                left -= part.readableBytes
                if left > 0 { continue }
                if how == .silence { return try await client.closeFuture.get() }
                LiveConnections.hangUp(far, isReset: how == .reset)
                return LiveConnections.hangUp(client, isReset: how == .reset)
            }
            // A far side that leaves is not noticed through a cut cable.
            if state.withLock({ number <= $0.silenced }) { return try await client.closeFuture.get() }
            LiveConnections.hangUp(client, isReset: false)
        }

        private static func refuse(_ channel: any Channel, _ status: Int) async throws {
            var head = "HTTP/1.1 \(status) Refused\r\ncontent-length: 0\r\nconnection: close\r\n"
            if status == 407 { head += "proxy-authenticate: Basic realm=\"proxy\"\r\n" }
            try await channel.writeAndFlush(ByteBuffer(string: head + "\r\n")).get()
        }
    }

    /// The head of a request to the proxy, understood.
    private struct Opening {
        let request: Request
        /// The host in lowercase, without a port.
        let host: String
        /// What the far side gets of it.
        let rest: String

        /// Takes the head from the beginning of a buffer; nil when it is not whole yet, or no request for a proxy.
        init?(_ buffer: inout ByteBuffer) {
            let view = buffer.readableBytesView
            guard let end = view.firstRange(of: Array("\r\n\r\n".utf8)) else { return nil }
            let lines = String(decoding: view[..<end.lowerBound], as: UTF8.self).split(separator: "\r\n")
            let words = lines.first?.split(separator: " ") ?? []
            guard words.count == 3 else { return nil }
            var headers: [String: String] = [:]
            var passed: [Substring] = []
            for line in lines.dropFirst() {
                guard let colon = line.firstIndex(of: ":") else { continue }
                let name = line[..<colon].lowercased()
                headers[name] = line[line.index(after: colon)...].trimmingPrefix(" ").description
                if name != "connection", !name.hasPrefix("proxy-") { passed.append(line) }
            }
            request = Request(method: String(words[0]), target: String(words[1]), headers: headers)
            let isTunnel = request.method == "CONNECT"
            let address = isTunnel ? words[1] : words[1].trimmingPrefix("http://")
            let authority = address.prefix { $0 != "/" && $0 != "?" }
            let port = authority.lastIndex(of: ":") ?? authority.endIndex
            host = authority[..<port].lowercased()
            if isTunnel {
                rest = ""
            } else {
                let path = address[authority.endIndex...]
                // One request for each connection: the next one may be for another host.
                let head = ["\(words[0]) \(path.hasPrefix("/") ? "" : "/")\(path) \(words[2])", "connection: close"]
                rest = (head + passed.map(String.init)).joined(separator: "\r\n") + "\r\n\r\n"
            }
            buffer.moveReaderIndex(to: end.upperBound)
        }
    }
}
