#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// Writes and reads what events carry, in a versioned form.
///
/// The form is JSON. Its version goes with every stored event; one written in an older version is brought up to date
/// step by step while it is read, and one from a newer program is refused whole.
public struct EventCoding: Sendable {
    /// Brings the JSON of one event from a version to the next one; leaves kinds alone that did not change.
    public typealias Upgrade = @Sendable (_ kind: String, _ body: inout JSONValue) -> Void

    /// The version that is written.
    public let version: Int
    private let upgrades: [Int: Upgrade]

    /// The coding of this program.
    ///
    /// Version 1 is the first one. Version 2 knows several models for an agent, budgets, images, questions to the owner,
    /// and what is done about a failed model call. Version 3 knows kind, subject, importance, time and predecessors of a
    /// memory, and agents that remember by themselves. Version 4 knows conversations with a summary, agents that consolidate
    /// their memories, and peers. Version 5 knows questions between agents, topics, children, supervisors, and messages that join an
    /// open turn.
    public static let current = EventCoding(
        version: 5,
        upgrades: [
            1: EventUpgrade.toSeveralModels, 2: EventUpgrade.toRicherMemories, 3: EventUpgrade.toTidyMemories,
            4: EventUpgrade.toSocieties,
        ]
    )

    /// Makes a coding.
    ///
    /// - Parameter upgrades: By the version that they start from; one for each version below `version`.
    public init(version: Int, upgrades: [Int: Upgrade] = [:]) {
        self.version = version
        self.upgrades = upgrades
    }

    /// What a fact carries, as JSON.
    public func encode(_ fact: Fact) throws -> [UInt8] {
        switch fact {
        case .lifeBegan(let payload): try JSONEncoding.encode(payload)
        case .agentConfigured(let payload): try JSONEncoding.encode(payload)
        case .agentWoke(let payload): try JSONEncoding.encode(payload)
        case .envelopeAccepted(let payload): try JSONEncoding.encode(payload)
        case .turnOpened(let payload): try JSONEncoding.encode(payload)
        case .envelopeJoined(let payload): try JSONEncoding.encode(payload)
        case .envelopeDropped(let payload): try JSONEncoding.encode(payload)
        case .modelReplied(let payload): try JSONEncoding.encode(payload)
        case .modelFailed(let payload): try JSONEncoding.encode(payload)
        case .approvalAsked(let payload): try JSONEncoding.encode(payload)
        case .approvalDecided(let payload): try JSONEncoding.encode(payload)
        case .toolStarted(let payload): try JSONEncoding.encode(payload)
        case .toolWaiting(let payload): try JSONEncoding.encode(payload)
        case .toolFinished(let payload): try JSONEncoding.encode(payload)
        case .turnClosing(let payload): try JSONEncoding.encode(payload)
        case .turnEnded(let payload): try JSONEncoding.encode(payload)
        case .memoryStored(let payload): try JSONEncoding.encode(payload)
        case .memoryForgotten(let payload): try JSONEncoding.encode(payload)
        case .memoryLearned(let payload): try JSONEncoding.encode(payload)
        case .envelopeSent(let payload): try JSONEncoding.encode(payload)
        case .envelopeDelayed(let payload): try JSONEncoding.encode(payload)
        case .envelopeSettled(let payload): try JSONEncoding.encode(payload)
        case .grantsForgotten(let payload): try JSONEncoding.encode(payload)
        case .topicsChanged(let payload): try JSONEncoding.encode(payload)
        case .childLost(let payload): try JSONEncoding.encode(payload)
        case .conversationCompacted(let payload): try JSONEncoding.encode(payload)
        case .memoryConsolidated(let payload): try JSONEncoding.encode(payload)
        case .memoryRestored(let payload): try JSONEncoding.encode(payload)
        case .blockEdited(let payload): try JSONEncoding.encode(payload)
        case .filesRestored(let payload): try JSONEncoding.encode(payload)
        }
    }

    /// Reads what an event of a kind carries.
    ///
    /// - Parameter version: The version that it was written in.
    /// - Throws: ``EventCodingError``.
    public func decode(kind: String, version: Int, body: some Sequence<UInt8>) throws(EventCodingError) -> Fact {
        guard version <= self.version else {
            throw EventCodingError(kind: kind, problem: .newer(version: version, supported: self.version))
        }
        var data = Data(body)
        do {
            if version < self.version {
                var value = try JSONDecoder().decode(JSONValue.self, from: data)
                for step in version..<self.version {
                    guard let upgrade = upgrades[step] else {
                        throw EventCodingError(kind: kind, problem: .tooOld(version: step))
                    }
                    upgrade(kind, &value)
                }
                data = Data(value.text.utf8)
            }
            guard let known = Fact.Kind(rawValue: kind) else {
                throw EventCodingError(kind: kind, problem: .unknownKind)
            }
            let decoder = JSONDecoder()
            switch known {
            case .lifeBegan: return .lifeBegan(try decoder.decode(Fact.LifeBegan.self, from: data))
            case .agentConfigured: return .agentConfigured(try decoder.decode(Fact.AgentConfigured.self, from: data))
            case .agentWoke: return .agentWoke(try decoder.decode(Fact.AgentWoke.self, from: data))
            case .envelopeAccepted: return .envelopeAccepted(try decoder.decode(Fact.EnvelopeAccepted.self, from: data))
            case .turnOpened: return .turnOpened(try decoder.decode(Fact.TurnOpened.self, from: data))
            case .envelopeJoined: return .envelopeJoined(try decoder.decode(Fact.EnvelopeJoined.self, from: data))
            case .envelopeDropped: return .envelopeDropped(try decoder.decode(Fact.EnvelopeDropped.self, from: data))
            case .modelReplied: return .modelReplied(try decoder.decode(Fact.ModelReplied.self, from: data))
            case .modelFailed: return .modelFailed(try decoder.decode(Fact.ModelFailed.self, from: data))
            case .approvalAsked: return .approvalAsked(try decoder.decode(Fact.ApprovalAsked.self, from: data))
            case .approvalDecided: return .approvalDecided(try decoder.decode(Fact.ApprovalDecided.self, from: data))
            case .toolStarted: return .toolStarted(try decoder.decode(Fact.ToolStarted.self, from: data))
            case .toolWaiting: return .toolWaiting(try decoder.decode(Fact.ToolWaiting.self, from: data))
            case .toolFinished: return .toolFinished(try decoder.decode(Fact.ToolFinished.self, from: data))
            case .turnClosing: return .turnClosing(try decoder.decode(Fact.TurnClosing.self, from: data))
            case .turnEnded: return .turnEnded(try decoder.decode(Fact.TurnEnded.self, from: data))
            case .memoryStored: return .memoryStored(try decoder.decode(Fact.MemoryStored.self, from: data))
            case .memoryForgotten: return .memoryForgotten(try decoder.decode(Fact.MemoryForgotten.self, from: data))
            case .memoryLearned: return .memoryLearned(try decoder.decode(Fact.MemoryLearned.self, from: data))
            case .envelopeSent: return .envelopeSent(try decoder.decode(Fact.EnvelopeSent.self, from: data))
            case .envelopeDelayed: return .envelopeDelayed(try decoder.decode(Fact.EnvelopeDelayed.self, from: data))
            case .envelopeSettled: return .envelopeSettled(try decoder.decode(Fact.EnvelopeSettled.self, from: data))
            case .topicsChanged: return .topicsChanged(try decoder.decode(Fact.TopicsChanged.self, from: data))
            case .grantsForgotten: return .grantsForgotten(try decoder.decode(Fact.GrantsForgotten.self, from: data))
            case .childLost: return .childLost(try decoder.decode(Fact.ChildLost.self, from: data))
            case .conversationCompacted:
                return .conversationCompacted(try decoder.decode(Fact.ConversationCompacted.self, from: data))
            case .memoryConsolidated:
                return .memoryConsolidated(try decoder.decode(Fact.MemoryConsolidated.self, from: data))
            case .memoryRestored: return .memoryRestored(try decoder.decode(Fact.MemoryRestored.self, from: data))
            case .blockEdited: return .blockEdited(try decoder.decode(Fact.BlockEdited.self, from: data))
            case .filesRestored: return .filesRestored(try decoder.decode(Fact.FilesRestored.self, from: data))
            }
        } catch let error as EventCodingError {
            throw error
        } catch {
            throw EventCodingError(kind: kind, problem: .malformed("\(error)"))
        }
    }
}

/// An event that can't be read.
public struct EventCodingError: Error, Hashable, Sendable, CustomStringConvertible {
    /// Why.
    public enum Problem: Hashable, Sendable {
        /// It was written by a newer program.
        case newer(version: Int, supported: Int)
        /// It is older than the oldest version that can be brought up to date.
        case tooOld(version: Int)
        /// This program knows no such kind.
        case unknownKind
        /// It is not what its kind carries.
        case malformed(String)
    }

    /// The event's kind.
    public let kind: String
    /// Why it can't be read.
    public let problem: Problem

    public var description: String {
        switch problem {
        case .newer(let version, let supported):
            "the event \"\(kind)\" has format \(version), this program reads up to \(supported); use a newer anima"
        case .tooOld(let version):
            "the event \"\(kind)\" has format \(version), which this program no longer reads"
        case .unknownKind:
            "the event kind \"\(kind)\" is unknown to this program"
        case .malformed(let detail):
            "the event \"\(kind)\" is damaged: \(detail.prefix(400))"
        }
    }
}
