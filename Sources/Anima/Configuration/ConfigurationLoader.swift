import AnimaCore
import AnimaTools

/// Loads an agent's configuration: its file over the home's `config.toml` over the defaults, the command line over all.
///
/// The check is strict (what a file says and nobody reads is an error) and complete (all faults at once; only behind a
/// syntax error nothing more is found).
public struct ConfigurationLoader: Sendable {
    /// Where an agent's file stands, which decides about its name and workspace.
    public enum Form: Sendable, Hashable {
        /// Any file, as in `anima run clerk.toml`: it must name the agent; the workspace is the current directory.
        case selfContained
        /// `agents/<name>/agent.toml`: the directory names the agent and holds its workspace.
        case agentDirectory
    }

    /// What `${NAME}` in the files may name; `HOME` is also what `~/` stands for.
    public let environment: [String: String]
    /// The absolute path of the current directory.
    public let baseDirectory: String
    /// The path of `ANIMA_HOME`, whose `config.toml` gives defaults when it is there; nil for none.
    public let home: String?
    /// The entries of `keys.toml`, which `${NAME}` may name where a secret is expected.
    let keys: [String: String]

    /// Makes a loader; nothing is read yet.
    public init(
        environment: [String: String],
        baseDirectory: String,
        home: String? = nil,
        keys: [String: String] = [:]
    ) {
        self.keys = keys
        self.environment = environment
        self.baseDirectory = baseDirectory
        self.home = home
    }

    /// Loads the configuration of one agent.
    ///
    /// - Parameters:
    ///   - path: The agent's file, relative to the current directory or absolute. Faults and origins show it like this.
    ///   - overrides: Values from the command line; a later one wins. Their relative paths start at the current directory.
    /// - Throws: ``ConfigurationError`` with all faults of all files and overrides.
    public func load(
        _ path: String,
        form: Form = .selfContained,
        overrides: [ConfigurationOverride] = []
    ) throws(ConfigurationError) -> AgentConfiguration {
        var load = Load(loader: self)
        if let home {
            load.read(ConfigurationFile.absolute("\(home)/config.toml", in: baseDirectory, [:]), isHomeWide: true)
        }
        load.read(path, isHomeWide: false)
        for override in overrides { load.apply(override) }
        load.name(form)
        load.keepDenials()
        load.settle(workspace: form)
        load.readPersona()
        load.checkModels()
        load.checkSandbox()
        guard load.faults.isEmpty else { throw ConfigurationError(code: load.code, faults: load.faults) }
        return load.configuration
    }

    /// Loads what the home's `config.toml` alone says; the defaults when there is none.
    ///
    /// - Throws: ``ConfigurationError`` with all its faults.
    public func loadHome() throws(ConfigurationError) -> AgentConfiguration {
        var load = Load(loader: self)
        if let home {
            load.read(ConfigurationFile.absolute("\(home)/config.toml", in: baseDirectory, [:]), isHomeWide: true)
        }
        load.checkModels()
        load.checkSandbox()
        guard load.faults.isEmpty else { throw ConfigurationError(code: load.code, faults: load.faults) }
        return load.configuration
    }
}

/// A value from the command line that goes over those of all files.
public struct ConfigurationOverride: Sendable, Hashable {
    /// The key path, for example `model.use`.
    public let key: String
    /// The value as text: numbers in digits, lists with commas between.
    public let value: String
    /// The option it comes from, for example `--model`; faults and origins show it.
    public let option: String

    /// Makes an override.
    public init(key: String, value: String, option: String) {
        self.key = key
        self.value = value
        self.option = option
    }
}

/// One run of the loader: collects values and faults layer by layer.
private struct Load {
    let loader: ConfigurationLoader
    var configuration = AgentConfiguration()
    var faults: [ConfigurationFault] = []
    var code = ConfigurationError.Code.faulty
    /// The agent's own file, once read.
    private var document: ConfigurationDocument?
    /// The absolute directory of the agent's file.
    private var directory = ""
    /// What the home's `config.toml` denies, to every agent.
    private var homeDenials: [Gate.Rule] = []
    /// The document that each value came from, for faults found later.
    private var sources: [String: ConfigurationDocument] = [:]

    init(loader: ConfigurationLoader) { self.loader = loader }

    mutating func read(_ file: String, isHomeWide: Bool) {
        let path = absolute(file, in: loader.baseDirectory)
        let text: String
        do throws(ConfigurationFile.Failure) {
            text = try ConfigurationFile.text(path)
        } catch {
            if isHomeWide, error == .missing { return }
            return report(error, file)
        }
        let document = ConfigurationDocument(
            file: file,
            text: text,
            isHomeWide: isHomeWide,
            environment: loader.environment,
            keys: loader.keys
        )
        faults += document.faults
        let directory = ConfigurationFile.directory(of: path)
        for table in ["model", "embedder"] {
            let chooses = ["use", "provider"].contains { document.settings["\(table).\($0)"] != nil }
            if chooses { forget(table) }
        }
        for (path, setting) in document.settings {
            set(setting.key, setting.value, from: .file(path: file, line: setting.position.line), directory)
            sources[path] = document
            if setting.isExpanded { configuration.expanded.insert(path) } else { configuration.expanded.remove(path) }
        }
        if isHomeWide { homeDenials = configuration.policy.gate.rules.filter { $0.action == .deny } }
        if !isHomeWide {
            self.document = document
            self.directory = directory
        }
    }

    mutating func apply(_ override: ConfigurationOverride) {
        guard let key = ConfigurationKey.named(override.key) else {
            let meant = Spelling.closest(to: override.key, among: ConfigurationKey.all.map(\.path))
            return report(override, "unknown key\(meant.map { "; did you mean \($0)?" } ?? "")")
        }
        switch key.check(node(override.value, for: key)) {
        case .value(let value):
            if key.path == "model.use" { forget("model") }
            set(key, value, from: .override(option: override.option), loader.baseDirectory)
            sources[key.path] = nil
            // The two ways to give a persona exclude each other in files; here the option goes over the files' way.
            if key.path == "agent.persona" { configuration.personaFile = nil }
            if key.path == "agent.persona_file" { configuration.origins["agent.persona"] = nil }
        case .problems(let problems):
            for problem in problems { report(override, problem.message) }
        }
    }

    /// Settles the agent's name.
    mutating func name(_ form: ConfigurationLoader.Form) {
        // What could not be read or has a fault there already needs no second one.
        guard let document, !document.faults.contains(where: \.isSyntax) else { return }
        guard !faults.contains(where: { $0.key == "agent.name" }) else { return }
        switch form {
        case .selfContained:
            guard configuration.name == nil else { return }
            faults.append(document.fault("agent.name", "missing; write name = \"…\" below [agent]"))
        case .agentDirectory:
            let last = String(directory.split(separator: "/").last ?? "")
            do throws(IdentityError) {
                let name = try AgentID(last)
                guard let written = configuration.name else {
                    configuration.name = name
                    configuration.origins["agent.name"] = .directory
                    return
                }
                guard written != name else { return }
                let message = "\"\(written)\" is not the name of its directory, \"\(name)\"; leave the key out"
                faults.append(fault("agent.name", message, sources["agent.name"]))
            } catch {
                let message = "the directory \(TOMLNode.quoted(last)) can't name an agent; use \(error.rule)"
                faults.append(document.fault("agent.name", message))
            }
        }
    }

    /// What the home denies no file of an agent takes away.
    mutating func keepDenials() {
        let rules = configuration.policy.gate.rules
        let missing = homeDenials.filter { !rules.contains($0) }
        if !missing.isEmpty { configuration.policy.gate = Gate(rules: rules + missing) }
    }

    mutating func settle(workspace form: ConfigurationLoader.Form) {
        guard configuration.workspace == nil else { return }
        switch form {
        case .selfContained: configuration.workspace = absolute(".", in: loader.baseDirectory)
        case .agentDirectory:
            configuration.workspace = absolute("workspace", in: directory)
            configuration.origins["agent.workspace"] = .directory
        }
    }

    mutating func readPersona() {
        guard let file = configuration.personaFile else { return }
        let document = sources["agent.persona_file"]
        if configuration.origins["agent.persona"] != nil {
            let message = "both persona and persona_file are set; keep one of them"
            faults.append(fault("agent.persona_file", message, document))
            return
        }
        do throws(ConfigurationFile.Failure) {
            configuration.persona = try ConfigurationFile.text(file)
            configuration.origins["agent.persona"] = configuration.origins["agent.persona_file"]
        } catch {
            faults.append(fault("agent.persona_file", "\(file): \(error.message)", document))
        }
    }

    /// Who chooses a model chooses all of it: nothing of another layer's model stays.
    private mutating func forget(_ table: String) {
        if table == "model" {
            configuration.model = ModelConfiguration()
        } else {
            configuration.embedder = ModelConfiguration()
        }
        for path in configuration.origins.keys where path.hasPrefix("\(table).") {
            configuration.origins[path] = nil
            sources[path] = nil
        }
    }

    /// Checks what the tables of models say together.
    mutating func checkModels() {
        let named = configuration.models.sorted { $0.key < $1.key }.map { ("models.\($0)", $1) }
        let resolver = ModelResolver(configuration, environment: loader.environment, keys: loader.keys)
        for (table, model) in [("model", configuration.model), ("embedder", configuration.embedder)] + named {
            func report(_ key: String, _ message: String) {
                let path = "\(table).\(key)"
                let document = sources[path] ?? sources["\(table).provider"] ?? sources["\(table).use"]
                faults.append(fault(path, message, document))
            }
            for (key, names) in [("use", model.use.map { [$0] } ?? []), ("fallback", model.fallback)] {
                for problem in names.compactMap(resolver.problem(ofShort:)) { report(key, problem) }
            }
            if model.use != nil, model.provider != nil {
                report("use", "both use and provider are set; keep one of them")
            } else if let provider = model.provider {
                if model.name == nil, provider != "reflex" {
                    report("provider", "\(table).name is missing; write name = \"…\"")
                }
            } else if model.use == nil {
                for (key, isSet) in [
                    ("name", model.name != nil), ("base_url", model.baseURL != nil), ("api_key", model.apiKey != nil),
                ] where isSet && !table.hasPrefix("models.") {
                    report(key, "provider is missing; write provider = \"openai\" beside it")
                }
            } else if model.name != nil {
                report("name", "use already names the model; write provider and name instead of use, or leave name out")
            }
        }
    }

    /// Checks what the keys of the sandbox say together.
    mutating func checkSandbox() {
        let settings = configuration.sandbox
        guard !settings.hosts.isEmpty else { return }
        if settings.network {
            let message =
                "both network = true and hosts are set; leave network out, so that programs reach these hosts only"
            faults.append(fault("sandbox.hosts", message, sources["sandbox.hosts"]))
        }
        if settings.mode == SandboxSurvey.Mode.none.rawValue {
            let message = "hosts are set, but mode = \"none\" holds programs to nothing; choose another mode"
            faults.append(fault("sandbox.hosts", message, sources["sandbox.hosts"]))
        }
    }

    private mutating func set(
        _ key: ConfigurationKey,
        _ value: ConfigurationValue,
        from origin: AgentConfiguration.Origin,
        _ directory: String
    ) {
        var value = value
        if case .path = key.kind, case .text(let text) = value { value = .text(absolute(text, in: directory)) }
        if case .list(_, .paths) = key.kind, case .list(let paths) = value {
            value = .list(paths.map { absolute($0, in: directory) })
        }
        key.set(value, in: &configuration)
        configuration.origins[key.path] = origin
    }

    private func absolute(_ path: String, in directory: String) -> String {
        ConfigurationFile.absolute(path, in: directory, loader.environment)
    }

    /// The text of an option as the kind of value that the key takes; other texts stay texts and fail the check.
    private func node(_ text: String, for key: ConfigurationKey) -> TOMLNode {
        switch key.kind {
        case .integer, .wholeSeconds: Int(text).map { .integer($0) } ?? .string(text)
        case .seconds: Double(text).map { .float($0) } ?? .string(text)
        case .list: .array(text.split(separator: ",").map { .string(String($0.trimmingSpaces)) })
        case .optionalInteger: Int(text).map { .integer($0) } ?? .string(text)
        case .optionalNumber, .dollars: Double(text).map { .float($0) } ?? .string(text)
        case .flag, .optionalFlag: text == "true" ? .boolean(true) : text == "false" ? .boolean(false) : .string(text)
        case .text, .name, .agentName, .path, .word, .choice, .secret: .string(text)
        }
    }
}

// MARK: - Faults

extension Load {
    private mutating func report(_ failure: ConfigurationFile.Failure, _ file: String) {
        if case .notText(let line, let column, _) = failure {
            let place = ConfigurationFault.Place.position(file: file, line: line, column: column)
            faults.append(ConfigurationFault(place: place, key: nil, message: failure.message))
        } else {
            code = .unreadable
            faults.append(ConfigurationFault(place: .file(file), key: nil, message: failure.message))
        }
    }

    private mutating func report(_ override: ConfigurationOverride, _ message: String) {
        faults.append(ConfigurationFault(place: .option(override.option), key: override.key, message: message))
    }

    private func fault(_ key: String, _ message: String, _ document: ConfigurationDocument?) -> ConfigurationFault {
        if let document { return document.fault(key, message) }
        let option = configuration.origin(of: key).description
        return ConfigurationFault(place: .option(option), key: key, message: message)
    }
}

extension ConfigurationFault {
    /// Whether it keeps the rest of its file from being known.
    fileprivate var isSyntax: Bool { key == nil }
}

extension ConfigurationFile.Failure {
    /// What went wrong, in words.
    fileprivate var message: String {
        switch self {
        case .missing: "there is no such file"
        case .unreadable(let message): message
        case .notText(_, _, let byte): "not UTF-8: byte 0x\(String(byte, radix: 16, uppercase: true))"
        }
    }
}

extension Substring {
    fileprivate var trimmingSpaces: Substring {
        var text = self
        while text.first == " " { text.removeFirst() }
        while text.last == " " { text.removeLast() }
        return text
    }
}
