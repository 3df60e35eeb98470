/// Names of topics, and who wants what.
public enum Topic {
    /// An agent gets messages of at most so many topics.
    public static let mostTopics = 64

    /// Why a text is no name of a topic; nil when it is one: 1 to 64 letters, digits, dots, hyphens and underscores of ASCII.
    public static func problem(of name: String) -> String? {
        let isName =
            (1...64).contains(name.utf8.count)
            && name.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "-"), UInt8(ascii: "_"):
                    true
                default: false
                }
            }
        return isName ? nil : "use 1 to 64 letters, digits, dots, hyphens and underscores"
    }

    /// Sorted, each once, without what are no names, and no more than there may be.
    static func tidy(_ names: [String]) -> [String] {
        Array(Set(names.filter { problem(of: $0) == nil }).sorted().prefix(mostTopics))
    }
}

extension ConversationID {
    /// The conversation of what is published about a topic.
    public init(topic: String) throws(IdentityError) { try self.init("#\(topic)") }

    /// The topic whose messages it holds; nil for other conversations.
    public var topic: String? { name.hasPrefix("#") ? String(name.dropFirst()) : nil }
}

extension Fact {
    /// What `topics.changed` carries.
    public struct TopicsChanged: Hashable, Sendable, Codable {
        /// The topics that the agent has subscribed to, beside those of its configuration.
        public let topics: [String]

        /// Makes the payload.
        public init(topics: [String]) { self.topics = topics }
    }
}
