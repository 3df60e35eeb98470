/// A short text that is always in view: who the agent is, who its owner is, what it works towards.
public struct MemoryBlock: Hashable, Sendable, Codable {
    /// Its name: letters, digits, `_` and `-`, at most 40 bytes.
    public let name: String
    /// What it says.
    public let text: String
    /// The event that wrote it last.
    public let seq: Int

    /// Makes a block.
    public init(name: String, text: String, seq: Int = 0) {
        self.name = name
        self.text = text
        self.seq = seq
    }

    /// Whether a text can be the name of a block.
    public static func isName(_ text: String) -> Bool {
        (1...40).contains(text.utf8.count)
            && text.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"):
                    true
                default: false
                }
            }
    }

    /// Why a block can't be written; nil when it can.
    ///
    /// - Parameter blocks: Those that there are.
    public static func refusal(of name: String, _ text: String, _ blocks: [MemoryBlock], _ policy: MemoryPolicy)
        -> String?
    {
        guard isName(name) else {
            return "\"\(name.prefix(80))\" is no name of a block; use letters, digits, _ and -, at most 40"
        }
        guard text.utf8.count <= policy.blockBytes else {
            return "the block \(name) would have \(text.utf8.count) bytes, over the limit of \(policy.blockBytes) "
                + "(memory.block_bytes); say it in fewer words"
        }
        let isNew = !text.isEmpty && !blocks.contains { $0.name == name }
        guard !isNew || blocks.count < policy.blocks else {
            return "there are \(blocks.count) blocks, the limit (memory.blocks); empty one of "
                + blocks.map(\.name).joined(separator: ", ")
        }
        return nil
    }
}

extension Sequence<MemoryBlock> {
    /// The blocks as a part of what a model is told first; empty without blocks.
    public var instructions: String {
        map { "## \($0.name)\n\($0.text)" }.joined(separator: "\n\n")
    }
}
