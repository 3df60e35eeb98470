import NIOCore
import Synchronization

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// The open connections of a server in a test: counted, limited in time, and hung up together.
final class LiveConnections: Sendable {
    private struct State {
        var channels: [ObjectIdentifier: any Channel] = [:]
        var isClosed = false
    }

    /// How many were opened, and how many of them have ended.
    let opened = Tally()
    let ended = Tally()

    private let limit: Duration
    private let state = Mutex(State())

    /// - Parameter limit: How long each connection may last.
    init(limit: Duration) { self.limit = limit }

    /// Watches over a connection; called on its event loop before anything else is in its pipeline.
    func add(_ channel: any Channel) throws {
        try channel.pipeline.syncOperations.addHandler(Socket(), name: Socket.name)
        opened.add()
        let isClosed = state.withLock { state in
            state.channels[ObjectIdentifier(channel)] = channel
            return state.isClosed
        }
        let timer = channel.eventLoop.scheduleTask(in: TimeAmount(limit)) {
            Self.hangUp(channel, isReset: true)
        }
        channel.closeFuture.whenComplete { _ in
            timer.cancel()
            _ = self.state.withLock { $0.channels.removeValue(forKey: ObjectIdentifier(channel)) }
            self.ended.add()
        }
        if isClosed { Self.hangUp(channel, isReset: true) }
    }

    /// Ends all connections.
    func hangUp(isReset: Bool) {
        for channel in state.withLock({ Array($0.channels.values) }) { Self.hangUp(channel, isReset: isReset) }
    }

    /// Ends all connections, those to come too.
    func close() {
        state.withLock { $0.isClosed = true }
        hangUp(isReset: true)
    }

    /// Closes the socket below TLS: with a FIN, or with a RST that also throws away what was not sent yet.
    static func hangUp(_ channel: any Channel, isReset: Bool) {
        channel.eventLoop.execute {
            if isReset, let options = channel as? any SocketOptionProvider {
                options.setSoLinger(linger(l_onoff: 1, l_linger: 0)).whenComplete { _ in }
            }
            // A channel without the handler has been closed before.
            try? channel.pipeline.syncOperations.context(name: Socket.name).close(promise: nil)
        }
    }

    /// Marks the end of the pipeline at the socket; does nothing itself.
    private final class Socket: ChannelDuplexHandler {
        typealias InboundIn = NIOAny
        typealias OutboundIn = NIOAny

        static let name = "anima.socket"
    }
}
