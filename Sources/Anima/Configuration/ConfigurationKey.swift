import AnimaCore

/// One key of the configuration: the strict check, the defaults, `config show`, the sample and the document's table are
/// all derived from the list of these, ``all``.
struct ConfigurationKey: Sendable {
    typealias Property<Value> = WritableKeyPath<AgentConfiguration, Value>

    /// What a key takes and where its value goes.
    ///
    /// Sendable because its key paths hold nothing but properties and names of tables; the type of a key path that was put
    /// together from two can't say so.
    enum Kind: @unchecked Sendable {
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
        /// One of a few words that each stand for a value.
        case word(Word)
        /// One of these words; nil when it is not set.
        case choice(Property<String?>, [String])
        /// `true` or `false`.
        case flag(Property<Bool>)
        case optionalFlag(Property<Bool?>)
        /// A whole number; nil when it is not set.
        case optionalInteger(Property<Int?>, ClosedRange<Int>)
        /// A number; nil when it is not set.
        case optionalNumber(Property<Double?>, ClosedRange<Double>)
        /// A sum in US dollars, kept in millionths; nil for no limit.
        case dollars(Property<Int?>)
        /// A text that is never shown.
        case secret(Property<Secret?>)

        /// One of the words of a type that has one for each of its values.
        static func word<Value: CaseIterable & RawRepresentable<String>>(_ property: Property<Value>) -> Kind {
            .word(
                Word(
                    all: Value.allCases.map(\.rawValue),
                    get: { $0[keyPath: property].rawValue },
                    set: { configuration, text in
                        if let value = Value(rawValue: text) { configuration[keyPath: property] = value }
                    }
                )
            )
        }
    }

    /// The words that a key takes, and where the one that is chosen goes.
    struct Word {
        let all: [String]
        let get: (AgentConfiguration) -> String
        let set: (inout AgentConfiguration, String) -> Void
    }

    /// What the texts of a list must be.
    enum ItemRule: Sendable {
        /// Groups and tools.
        case toolNames
        /// Names of environment variables, each perhaps with a value: `NAME`, `NAME=value`.
        case variables
        /// Header fields for origins: `https://api.example Authorization: Bearer …`.
        case headers
        /// Hosts, each perhaps with a port.
        case hosts
        /// Hosts that programs may reach, each perhaps with a port or for all names below one.
        case programHosts
        /// Names of agents.
        case agentNames
        /// Names of topics.
        case topics
        /// Patterns of the gate.
        case gatePatterns
        /// Models in short.
        case modelNames
        /// Any texts that are not empty.
        case anyTexts
        /// Paths; a relative one starts at the directory of the file that holds it.
        case paths
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

    /// The key with another example.
    func with(sample: Sample, defaultNote: String) -> ConfigurationKey {
        ConfigurationKey(path, kind, sample: sample, defaultNote: defaultNote, meaning)
    }

    /// The table the key is in.
    var table: String { String(path[..<dot]) }
    /// The key's name within its table; it has no dots itself.
    var name: String { String(path[path.index(after: dot)...]) }

    private var dot: String.Index { path.lastIndex(of: ".") ?? path.startIndex }

    /// The key with this path.
    static func named(_ path: String) -> ConfigurationKey? { byPath[path] }

    /// Every key that a configuration can have a value for: with those of its named models and prices.
    static func all(of configuration: AgentConfiguration) -> [ConfigurationKey] {
        let models = configuration.models.keys.sorted().flatMap { Family.models.keys(of: $0) }
        let prices = configuration.prices.keys.sorted().flatMap { Family.prices.keys(of: $0) }
        return all + models + prices
    }

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
        case .word(let word): .text(word.get(configuration))
        case .choice(let property, _): configuration[keyPath: property].map { .text($0) }
        case .flag(let property): .flag(configuration[keyPath: property])
        case .optionalFlag(let property): configuration[keyPath: property].map { .flag($0) }
        case .optionalInteger(let property, _): configuration[keyPath: property].map { .integer($0) }
        case .optionalNumber(let property, _): configuration[keyPath: property].map { .number($0) }
        case .dollars(let property): configuration[keyPath: property].map { .number(Double($0) / 1e6) }
        case .secret(let property): configuration[keyPath: property].map { .secret($0) }
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
        case (.word(let word), .text(let text)): word.set(&configuration, text)
        case (.choice(let property, _), .text(let text)): configuration[keyPath: property] = text
        case (.flag(let property), .flag(let value)): configuration[keyPath: property] = value
        case (.optionalFlag(let property), .flag(let value)): configuration[keyPath: property] = value
        case (.optionalInteger(let property, _), .integer(let number)): configuration[keyPath: property] = number
        case (.optionalNumber(let property, _), .number(let number)): configuration[keyPath: property] = number
        case (.dollars(let property), .number(let number)):
            configuration[keyPath: property] = Int((number * 1e6).rounded())
        case (.secret(let property), .secret(let secret)): configuration[keyPath: property] = secret
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
        case .list(_, .agentNames): "an array of names of agents"
        case .list(_, .topics): "an array of topics"
        case .list(_, .toolNames): "an array of groups and tools"
        case .list(_, .variables): "an array of environment variables, each `NAME` or `NAME=value`"
        case .list(_, .headers): "an array of `ORIGIN NAME: VALUE`"
        case .list(_, .hosts), .list(_, .programHosts): "an array of hosts"
        case .list(_, .gatePatterns): "an array of gate patterns"
        case .list(_, .modelNames): "an array of models in short"
        case .list(_, .anyTexts): "an array of strings"
        case .list(_, .paths): "an array of paths"
        case .word(let word): Self.words(word.all)
        case .choice(_, let words): Self.words(words)
        case .flag, .optionalFlag: "true or false"
        case .optionalInteger(_, let range): "an integer from \(range.lowerBound) to \(range.upperBound)"
        case .optionalNumber(_, let range): "a number from \(range.lowerBound) to \(range.upperBound)"
        case .dollars: "US dollars, a number from 0 to 1000000"
        case .secret: "a string"
        }
    }

    /// The words quoted, with "or" before the last one.
    private static func words(_ words: [String]) -> String {
        let quoted = words.map { "\"\($0)\"" }
        guard let last = quoted.last, quoted.count > 1 else { return quoted.first ?? "" }
        return quoted.dropLast().joined(separator: ", ") + " or " + last
    }
}
