import NIOCore
import NIOPosix

/// A client that sends bytes and keeps what comes back, as it is.
enum RawClient {
    /// What comes back until the far side closes the connection.
    ///
    /// - Throws: An error of the socket, such as a reset.
    static func answer(to text: String, port: Int) async throws -> String {
        let connection = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .connect(host: "127.0.0.1", port: port) { channel in
                channel.eventLoop.makeCompletedFuture {
                    try NIOAsyncChannel<ByteBuffer, ByteBuffer>(wrappingChannelSynchronously: channel)
                }
            }
        return try await connection.executeThenClose { inbound, outbound in
            try await outbound.write(ByteBuffer(string: text))
            var answer = ByteBuffer()
            for try await var more in inbound { answer.writeBuffer(&more) }
            return String(buffer: answer)
        }
    }

    /// What comes back for a request after which the connection ends.
    static func answer(path: String = "/", body: String = "", port: Int) async throws -> String {
        let head = "POST \(path) HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: \(body.utf8.count)\r\n\r\n"
        return try await answer(to: head + body, port: port)
    }
}
