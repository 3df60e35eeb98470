/// The only way in: everything that reaches an agent from outside arrives in one.
public struct Envelope: Hashable, Sendable, Codable {
    /// What an envelope brings.
    public enum Kind: String, Hashable, Sendable, Codable, CaseIterable {
        /// Something to do, from the owner.
        case task
        /// A text from another agent.
        case message
        /// A question from another agent, which waits: the end of the turn that it begins answers it.
        case ask
        /// The answer to a question; it becomes the result of the call that asked.
        case reply
        /// A timer that came due.
        case timer
        /// A watched file that changed.
        case fileChange
        /// A request that came in over HTTP.
        case webhook
        /// A person's answer to a question of the gate.
        case approval
        /// How a child's work ended.
        case childReport
        /// A parent wants its child's work to end now.
        case stop
        /// An agent went down.
        case agentDown
        /// Something to know, which begins nothing: the next turn of its conversation shows it.
        case notice
        /// The topics that another agent wants messages of; it is noted, and nothing is to be done.
        case subscription
        /// A memory that another agent shares; it is kept, and nothing is to be done.
        case memory
    }

    /// Who sent it, as the runtime knows it; never taken from the payload.
    public enum Sender: Hashable, Sendable, Codable {
        /// The person the agent belongs to.
        case owner
        /// Another agent.
        case agent(AgentID)
        /// A part of the runtime, for example `timer`.
        case runtime(String)

        /// The written form: `owner`, `@name` of an agent, `runtime:part`.
        public var description: String {
            switch self {
            case .owner: "owner"
            case .agent(let id): "@\(id)"
            case .runtime(let part): "runtime:\(part)"
            }
        }

        public init(from decoder: any Decoder) throws {
            let container = try decoder.singleValueContainer()
            let text = try container.decode(String.self)
            if text == "owner" {
                self = .owner
            } else if text.hasPrefix("@") {
                self = .agent(try AgentID(String(text.dropFirst())))
            } else if text.hasPrefix("runtime:") {
                self = .runtime(String(text.dropFirst("runtime:".count)))
            } else {
                throw DecodingError.dataCorruptedError(in: container, debugDescription: "\"\(text)\" is no sender")
            }
        }

        public func encode(to encoder: any Encoder) throws {
            var container = encoder.singleValueContainer()
            try container.encode(description)
        }
    }

    /// Given by the sender; the same id is taken once.
    public internal(set) var id: EnvelopeID
    /// What it brings.
    public let kind: Kind
    /// Who sent it.
    public let sender: Sender
    /// The conversation that it belongs to.
    public let conversation: ConversationID
    /// Its body, UTF-8 text.
    public internal(set) var text: String
    /// When it was sent.
    public internal(set) var sentAt: Instant
    /// The envelope that led to it, when one did.
    public let parent: EnvelopeID?
    /// The envelope that all this began with, over all agents; nil when it is this one.
    public let trace: EnvelopeID?
    /// How many agents it went through before this one; from 0.
    public let hops: Int
    /// The agents that it went through, the last ones of them, its sender last; nil for none.
    public let route: [AgentID]?
    /// After this moment work on it ends.
    public internal(set) var deadline: Instant?
    /// The most tokens that work on it may use; nil leaves the agent's own limits.
    public let budget: Int?
    /// The trust of its text.
    public let trust: Trust
    /// The images that come with it; nil for none.
    public internal(set) var images: [Image]?
    /// The JSON schema that the answer must follow; nil for free text.
    public internal(set) var answerSchema: JSONValue?
    /// The memory that it shares; nil for none.
    public internal(set) var memory: MemoryDraft?
    /// The sender's conversation that it was sent from, where an answer belongs; nil when there is none.
    public let origin: ConversationID?
    /// Of a question, the agents that wait for its answer: who asks, before it who waits for that one, and so on.
    public let askers: [AgentID]?
    /// Of an answer, how the work that it reports ended.
    public let report: Report?

    /// Of a subscription, all topics that its sender wants the recipient's messages of.
    public let topics: [String]?

    /// Of a child's first task, what the child is.
    public let birth: Birth?

    /// How work for another agent ended, and what it cost.
    public struct Report: Hashable, Sendable, Codable {
        /// How it ended.
        public let end: TurnEnd
        /// What its model calls cost.
        public let usage: Usage

        /// Makes a report.
        public init(end: TurnEnd, usage: Usage = Usage()) {
            self.end = end
            self.usage = usage
        }
    }

    /// An image, kept in the life by its hash.
    public struct Image: Hashable, Sendable, Codable {
        /// SHA-256 of the bytes, hexadecimal.
        public let hash: String
        /// What it is, for example `image/png`.
        public let mediaType: String
        /// The number of bytes.
        public let bytes: Int

        /// Refers to an image.
        public init(hash: String, mediaType: String, bytes: Int) {
            self.hash = hash
            self.mediaType = mediaType
            self.bytes = bytes
        }

        /// Refers to the image with these bytes; nil when they are none that models take (PNG, JPEG, GIF, WebP).
        public init?(of bytes: [UInt8]) {
            guard let type = Self.mediaType(of: bytes) else { return nil }
            self.init(hash: ContentHash.hexadecimal(of: bytes), mediaType: type, bytes: bytes.count)
        }

        private static func mediaType(of bytes: [UInt8]) -> String? {
            if bytes.starts(with: [0x89, 0x50, 0x4E, 0x47]) { return "image/png" }
            if bytes.starts(with: [0xFF, 0xD8, 0xFF]) { return "image/jpeg" }
            if bytes.starts(with: "GIF8".utf8) { return "image/gif" }
            if bytes.starts(with: "RIFF".utf8), bytes.dropFirst(8).starts(with: "WEBP".utf8) { return "image/webp" }
            return nil
        }
    }

    /// Makes an envelope.
    public init(
        id: EnvelopeID,
        kind: Kind = .task,
        sender: Sender = .owner,
        conversation: ConversationID = .main,
        text: String,
        sentAt: Instant,
        parent: EnvelopeID? = nil,
        trace: EnvelopeID? = nil,
        hops: Int = 0,
        route: [AgentID] = [],
        deadline: Instant? = nil,
        budget: Int? = nil,
        trust: Trust = .owner,
        images: [Image] = [],
        answerSchema: JSONValue? = nil,
        memory: MemoryDraft? = nil,
        origin: ConversationID? = nil,
        askers: [AgentID] = [],
        report: Report? = nil,
        topics: [String]? = nil,
        birth: Birth? = nil
    ) {
        self.id = id
        self.kind = kind
        self.sender = sender
        self.conversation = conversation
        self.text = text
        self.sentAt = sentAt
        self.parent = parent
        self.trace = trace
        self.hops = hops
        self.route = route.isEmpty ? nil : route
        self.deadline = deadline
        self.budget = budget
        self.trust = trust
        self.images = images.isEmpty ? nil : images
        self.answerSchema = answerSchema
        self.memory = memory
        self.origin = origin
        self.askers = askers.isEmpty ? nil : askers
        self.report = report
        self.topics = topics
        self.birth = birth
    }

    /// The same to be sent once more, without the deadline that it had.
    ///
    /// - Parameter id: Another one, when the first was taken.
    public func again(as id: EnvelopeID? = nil, at now: Instant) -> Envelope {
        var copy = self
        copy.id = id ?? self.id
        copy.sentAt = now
        copy.deadline = nil
        return copy
    }
}

/// What became of an envelope that was handed to an agent.
public enum Receipt: Hashable, Sendable {
    /// It is committed; work on it will be done. The number is the event's sequence number.
    case accepted(seq: Int)
    /// An envelope with this id was accepted before; nothing was added.
    case duplicate
    /// It was not taken, for this reason; nothing was added.
    case refused(Refusal)

    /// Why it was not taken; nil when it was.
    public var refusal: Refusal? { if case .refused(let reason) = self { reason } else { nil } }

    /// Why an envelope was not taken.
    public enum Refusal: Hashable, Sendable, CustomStringConvertible {
        /// As many envelopes wait as the mailbox holds.
        case mailboxFull(limit: Int)
        /// It went through more agents than allowed.
        case tooManyHops(limit: Int)
        /// Its text is longer than allowed.
        case tooLong(bytes: Int, limit: Int)
        /// Its images are larger than allowed.
        case imagesTooLarge(bytes: Int, limit: Int)
        /// Its deadline had passed when it came.
        case expired
        /// There is no such agent.
        case unknownAgent
        /// It was made for one task, which has ended.
        case hasEnded
        /// The name of a child is another agent's.
        case nameTaken
        /// The agent does not take messages of this one.
        case notAllowed(AgentID)
        /// The memory that it shares is not kept.
        case memoryRefused(MemoryGate.Refusal)

        public var description: String {
            switch self {
            case .mailboxFull(let limit):
                "the mailbox is full (\(limit) envelopes wait); try again later or raise limits.mailbox"
            case .tooManyHops(let limit):
                "it went through more than \(limit) agents; see limits.hops"
            case .tooLong(let bytes, let limit):
                "its text has \(bytes) bytes, over the limit of \(limit); shorten it or raise limits.message_bytes"
            case .imagesTooLarge(let bytes, let limit):
                "its images have \(bytes) bytes, over the limit of \(limit); shrink them or raise limits.image_bytes"
            case .expired:
                "its deadline had passed"
            case .unknownAgent:
                "there is no such agent"
            case .hasEnded: "its work has ended, and it takes no more"
            case .nameTaken: "another agent has its name"
            case .notAllowed(let sender):
                "it takes no messages of @\(sender); name it in peers.allow there"
            case .memoryRefused(let reason):
                "the memory is not kept there (\(reason.rawValue))"
            }
        }
    }
}
