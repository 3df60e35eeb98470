import AnimaCore
import Synchronization
import Testing

@testable import AnimaModels

/// What came of reading a body: the reply or the error, and what was streamed before.
struct Reading: Hashable {
    var reply: ModelReply?
    var failure: String?
    var text = ""
    var reasoning = ""

    /// Reads pieces as a format does.
    init(_ pieces: [ArraySlice<UInt8>], as format: some WireFormat) {
        let deltas = DeltaLog()
        var decoder = format.decoder { deltas.add($0) }
        do {
            for piece in pieces { try piece.withUnsafeBytes { try decoder.take($0) } }
            reply = try decoder.finish()
        } catch {
            failure = "\(type(of: error)): \(error)"
        }
        text = deltas.text
        reasoning = deltas.reasoning
    }

    init(_ body: String, as format: some WireFormat) { self.init([Array(body.utf8)[...]], as: format) }

    /// A body that is read as this reply, which was streamed before.
    init(reply: ModelReply) {
        self.reply = reply
        text = reply.text
        reasoning = reply.reasoning ?? ""
    }
}

/// Keeps deltas in their order.
final class DeltaLog: Sendable {
    private let deltas = Mutex<[ModelDelta]>([])

    func add(_ delta: ModelDelta) { deltas.withLock { $0.append(delta) } }

    var text: String {
        deltas.withLock { $0 }.reduce(into: "") { if case .text(let more) = $1 { $0 += more } }
    }

    var reasoning: String {
        deltas.withLock { $0 }.reduce(into: "") { if case .reasoning(let more) = $1 { $0 += more } }
    }
}

/// A body as a provider sends it, and what is to be read from it.
struct WireFixture: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let body: String
    let reply: ModelReply

    init(_ name: String, _ body: String, _ reply: ModelReply) {
        testDescription = name
        self.body = body
        self.reply = reply
    }
}

/// A body that must not be taken for a reply.
struct BrokenFixture: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let body: String
    /// A part of what is said about it.
    let says: String

    init(_ name: String, _ body: String, says: String) {
        testDescription = name
        self.body = body
        self.says = says
    }
}

/// The first way of cutting a body that changes what is read from it; nil when there is none.
///
/// Cut in two at every byte, and fed one byte at a time.
func cutThatMatters(_ body: String, as format: some WireFormat) -> Int? {
    let bytes = Array(body.utf8)
    let whole = Reading([bytes[...]], as: format)
    if Reading(bytes.indices.map { bytes[$0...$0] }, as: format) != whole { return -1 }
    return bytes.indices.first { Reading([bytes[..<$0], bytes[$0...]], as: format) != whole }
}
