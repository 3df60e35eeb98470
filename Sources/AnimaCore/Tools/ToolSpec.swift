/// What a tool is, apart from its running: what the model reads and what the runtime must know before a call.
public struct ToolSpec: Hashable, Sendable, Codable {
    /// The name that the model calls it by: lowercase letters, digits and `_`.
    public let name: String
    /// The group that configuration may name instead of it, for example `files`.
    public let group: String
    /// What it does and when to use it, for the model.
    public let description: String
    /// The shape of its arguments.
    public let parameters: ArgumentSchema
    /// What may happen to it after a crash.
    public let replay: Replay
    /// Whether no other call of the same step may run beside it.
    public let isExclusive: Bool
    /// The trust of what it returns.
    public let trust: Trust
    /// The argument that gate rules match, for example `path`; nil when only the tool's name can be matched.
    public let gateArgument: String?
    /// The argument whose text goes before that of the gate argument, with a space between: `method` makes `GET https://…`.
    public let gatePrefix: String?
    /// How the gate argument is read.
    public let gateForm: GateForm
    /// What rules match too; nil when the gate argument is all there is.
    public let also: [GatedPaths]?

    /// What it can do beyond the agent's workspace.
    public let reach: Reach

    /// Whether its result is what the owner answers, so that every call asks.
    public let isAnsweredByOwner: Bool

    /// What a tool can do beyond the agent's workspace.
    public enum Reach: String, Hashable, Sendable, Codable {
        /// It stays within the workspace.
        case inside
        /// What it is given may leave the machine.
        case outside
        /// It changes what the agent is or may do.
        case itself
    }

    /// How gate rules read a tool's argument.
    public enum GateForm: String, Hashable, Sendable, Codable {
        /// A text that `*` may match any part of.
        case text
        /// A path: `*` stops at `/`, `**` does not; compared after `.` and `..` are resolved.
        case path
        /// A command line: one with shell syntax is opaque to rules that allow.
        case command
        /// An address of the web, in its canonical form (``WebAddress``): `*` matches any part of it.
        case address
    }

    /// Describes a tool.
    public init(
        name: String,
        group: String,
        description: String,
        parameters: ArgumentSchema,
        replay: Replay,
        isExclusive: Bool = false,
        trust: Trust = .untrusted,
        gateArgument: String? = nil,
        gatePrefix: String? = nil,
        gateForm: GateForm = .text,
        reach: Reach = .inside,
        isAnsweredByOwner: Bool = false,
        also: [GatedPaths] = []
    ) {
        self.name = name
        self.group = group
        self.description = description
        self.parameters = parameters
        self.replay = replay
        self.isExclusive = isExclusive
        self.trust = trust
        self.gateArgument = gateArgument
        self.gatePrefix = gatePrefix
        self.gateForm = gateForm
        self.reach = reach
        self.isAnsweredByOwner = isAnsweredByOwner
        self.also = also.isEmpty ? nil : also
    }
}
