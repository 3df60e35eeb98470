import AnimaCore

/// One key of the configuration: the strict check, the defaults, `config show`, the sample and the document's table are
/// all derived from the list of these, ``all``.
struct ConfigurationKey: Sendable {
    typealias Property<Value> = any WritableKeyPath<AgentConfiguration, Value> & Sendable

    /// What a key takes and where its value goes.
    enum Kind: Sendable {
        /// Any text.
        case text(Property<String>)
        /// A text that is not blank.
        case name(Property<String?>)
        /// A name of an agent.
        case agentName(Property<AgentID?>)
        /// A path; a relative one starts at the directory of the file that holds it.
        case path(Property<String?>)
        /// A whole number.
        case integer(Property<Int>, ClosedRange<Int>)
        /// A whole number of seconds.
        case wholeSeconds(Property<Duration>, ClosedRange<Int>)
        /// A number of seconds, fractions allowed.
        case seconds(Property<Duration>, ClosedRange<Double>)
        /// Different texts that all follow one rule.
        case list(Property<[String]>, ItemRule)
        /// One of a few words.
        case durability(Property<Durability>)
    }

    /// What the texts of a list must be.
    enum ItemRule: Sendable {
        /// Groups and tools.
        case toolNames
        /// Names of environment variables.
        case variableNames
        /// Patterns of the gate.
        case gatePatterns
    }

    /// How the sample file shows a key.
    enum Sample: Sendable {
        /// Set to this TOML literal.
        case set(String)
        /// Commented out, with this TOML literal.
        case example(String)
        /// Commented out, with its default.
        case byDefault
    }

    /// Table and name, for example `limits.steps`.
    let path: String
    /// What it takes.
    let kind: Kind
    /// How the sample shows it.
    let sample: Sample
    /// What stands for the default in documents when the default is no constant.
    let defaultNote: String?
    /// What it means, in a sentence.
    let meaning: String

    init(
        _ path: String,
        _ kind: Kind,
        sample: Sample = .byDefault,
        defaultNote: String? = nil,
        _ meaning: String
    ) {
        self.path = path
        self.kind = kind
        self.sample = sample
        self.defaultNote = defaultNote
        self.meaning = meaning
    }

    /// The table the key is in.
    var table: String { String(path.prefix { $0 != "." }) }
    /// The key's name within its table.
    var name: String { String(path.drop { $0 != "." }.dropFirst()) }

    /// The key with this path.
    static func named(_ path: String) -> ConfigurationKey? { byPath[path] }

    private static let byPath = Dictionary(uniqueKeysWithValues: all.map { ($0.path, $0) })
}

// MARK: - Values

extension ConfigurationKey {
    /// The value that a configuration has for this key; nil when it has none.
    func value(in configuration: AgentConfiguration) -> ConfigurationValue? {
        switch kind {
        case .text(let property): .text(configuration[keyPath: property])
        case .name(let property), .path(let property): configuration[keyPath: property].map { .text($0) }
        case .agentName(let property): configuration[keyPath: property].map { .text($0.name) }
        case .integer(let property, _): .integer(configuration[keyPath: property])
        case .wholeSeconds(let property, _): .integer(Int(configuration[keyPath: property].components.seconds))
        case .seconds(let property, _): .number(configuration[keyPath: property].wholeAndFractionalSeconds)
        case .list(let property, _): .list(configuration[keyPath: property])
        case .durability(let property): .text(configuration[keyPath: property].rawValue)
        }
    }

    /// Puts a value that ``check(_:)`` gave into a configuration.
    func set(_ value: ConfigurationValue, in configuration: inout AgentConfiguration) {
        switch (kind, value) {
        case (.text(let property), .text(let text)): configuration[keyPath: property] = text
        case (.name(let property), .text(let text)), (.path(let property), .text(let text)):
            configuration[keyPath: property] = text
        case (.agentName(let property), .text(let text)): configuration[keyPath: property] = try? AgentID(text)
        case (.integer(let property, _), .integer(let number)): configuration[keyPath: property] = number
        case (.wholeSeconds(let property, _), .integer(let number)):
            configuration[keyPath: property] = .seconds(number)
        case (.seconds(let property, _), .number(let number)): configuration[keyPath: property] = .seconds(number)
        case (.list(let property, _), .list(let items)): configuration[keyPath: property] = items
        case (.durability(let property), .text(let text)):
            configuration[keyPath: property] = Durability(rawValue: text) ?? .full
        default: assertionFailure("\(path) does not take \(value)")
        }
    }

    /// What the key takes, as it reads after "expected".
    var expectation: String {
        switch kind {
        case .text, .name: "a string"
        case .agentName: "an agent name"
        case .path: "a path"
        case .integer(_, let range): "an integer from \(range.lowerBound) to \(range.upperBound)"
        case .wholeSeconds(_, let range): "whole seconds, an integer from \(range.lowerBound) to \(range.upperBound)"
        case .seconds(_, let range): "seconds, a number from \(range.lowerBound) to \(range.upperBound)"
        case .list(_, .toolNames): "an array of groups and tools"
        case .list(_, .variableNames): "an array of names of environment variables"
        case .list(_, .gatePatterns): "an array of gate patterns"
        case .durability: Durability.allCases.map { "\"\($0.rawValue)\"" }.joined(separator: " or ")
        }
    }
}
