import AnimaCore

/// Reads a stream of events, or an answer in one piece when the server does not stream although it was asked to.
///
/// Some servers never stream, and some report an error that way with a status of success. Such an answer is a JSON object,
/// and a stream of events does not begin with a brace.
struct StreamOrWhole<Stream: ReplyDecoder, Whole: ReplyDecoder>: ReplyDecoder {
    private var stream: Stream
    private var whole: Whole
    /// Whether the answer is in one piece; nil before anything came.
    private var isWhole: Bool?

    init(_ stream: Stream, _ whole: Whole) {
        self.stream = stream
        self.whole = whole
    }

    mutating func take(_ bytes: UnsafeRawBufferPointer) throws {
        if isWhole == nil, let first = bytes.first(where: { $0 > 0x20 }) { isWhole = first == UInt8(ascii: "{") }
        if isWhole == true { try whole.take(bytes) } else { try stream.take(bytes) }
    }

    mutating func finish() throws -> ModelReply {
        if isWhole == true { try whole.finish() } else { try stream.finish() }
    }
}
