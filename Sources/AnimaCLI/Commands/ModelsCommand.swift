import Anima
import AnimaCore
import AnimaModels
import AnimaRuntime
import ArgumentParser

/// `anima models`: which models can be reached, and what they are like.
struct ModelsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "models",
        abstract: "List the models that can be reached, ask one, or turn texts into vectors.",
        discussion: """
            Examples:
              anima models
              anima models try ollama/llama3.2 "say hello"
              anima models embed ollama/nomic-embed-text "a text" --json
            """,
        subcommands: [List.self, Try.self, Embed.self],
        defaultSubcommand: List.self
    )

    /// Whose configuration counts, for all three commands.
    struct Place: ParsableArguments {
        @Option(
            help: ArgumentHelp(
                "A configuration file, or an agent's name. Default: the home's config.toml.",
                valueName: "config"
            ),
            completion: .file(extensions: ["toml"])
        )
        var config: String?

        @OptionGroup var common: CommonOptions

        func configuration(_ composition: Composition) throws -> AgentConfiguration {
            guard let config else { return try composition.homeConfiguration() }
            return try composition.agent(config).configuration
        }

        /// What is meant by a model in short.
        func model(_ short: String) throws -> (Composition, AgentConfiguration, ModelDescription) {
            let composition = try common.composition()
            let configuration = try configuration(composition)
            let description = try composition.resolver(of: configuration).describe(short: short, key: "model")
            return (composition, configuration, description)
        }
    }

    /// `anima models list`.
    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "list",
            abstract: "List the models that are configured or can be reached, with windows and prices."
        )

        @Flag(help: "Print one JSON object a line.")
        var json = false

        @OptionGroup var place: Place

        func run() async throws {
            let composition = try place.common.composition()
            let configuration = try place.configuration(composition)
            let inUse = try await composition.models(of: configuration)
            let terminal = Terminal.current
            let table = ModelTable(terminal: terminal, isJSON: json)
            for (index, model) in inUse.enumerated() {
                table.row(model, role: index == 0 ? "in use" : "fallback \(index)")
            }
            for (name, model) in try composition.resolver(of: configuration).named() { table.row(model, role: name) }
            for found in try await composition.reachable(configuration) {
                table.heading(found)
                for model in found.models { table.row(model, role: "") }
            }
            if inUse.first?.provider == .reflex, !json {
                terminal.line(
                    "\nreflex understands simple requests by rules; for a real model set ANTHROPIC_API_KEY or "
                        + "OPENAI_API_KEY (anima keys set NAME), or start Ollama",
                    to: .error,
                    .dim
                )
            }
        }
    }

    /// `anima models try`.
    struct Try: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "try",
            abstract: "Ask a model once, without tools or an agent; show its answer, its time and its cost."
        )

        @Argument(help: "provider/name, or a name of [models.NAME].")
        var model: String

        @Argument(help: "What to say to it.")
        var prompt = "Say hello in one short sentence."

        @Flag(help: "Print one JSON object instead of the text.")
        var json = false

        @OptionGroup var place: Place

        func run() async throws {
            let (composition, configuration, description) = try place.model(model)
            let provider = try composition.hub.model(description)
            let terminal = Terminal.current
            let clock = SystemClock()
            let began = clock.now
            let first = FirstMoment()
            let isJSON = json
            let limits = configuration.policy.limits
            let envelope = Envelope(id: try EnvelopeID("try"), text: prompt, sentAt: began)
            let request = ModelRequest(
                turns: [TranscriptTurn(id: TurnID(1), input: envelope)],
                maxOutputTokens: min(limits.replyTokens, provider.facts.outputTokens ?? .max)
            )
            var reply = try await Deadline.run(limits.modelTime, of: "limits.model_seconds") {
                try await provider.respond(to: request) { delta in
                    first.note(clock.now)
                    if case .text(let text) = delta, !isJSON { terminal.exact(text) }
                }
            }
            let now = clock.now
            if let price = provider.facts.price {
                reply.usage.microdollars = price.microdollars(of: reply.usage)
            }
            let wait = ((first.moment ?? now) - began).microseconds / 1000
            let whole = (now - began).microseconds / 1000
            if json {
                let row: JSONValue = [
                    "model": .string(provider.name), "text": .string(reply.text), "stop": .string(reply.stop.rawValue),
                    "reasoning": reply.reasoning.map { .string($0) } ?? .null,
                    "inputTokens": .int(reply.usage.inputTokens), "outputTokens": .int(reply.usage.outputTokens),
                    "dollars": .double(Double(reply.usage.microdollars) / 1e6),
                    "firstMilliseconds": .int(Int(wait)), "milliseconds": .int(Int(whole)),
                ]
                return terminal.json(row)
            }
            terminal.line(to: .output)
            let cost = provider.facts.price == nil ? "no known price" : Dollars.text(reply.usage.microdollars)
            terminal.line(
                "\(provider.name): first text after \(wait) ms, all after \(whole) ms, \(reply.usage.inputTokens) tokens "
                    + "in, \(reply.usage.outputTokens) out, \(cost)",
                to: .error,
                .dim
            )
        }
    }

    /// `anima models embed`.
    struct Embed: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "embed",
            abstract: "Turn texts into vectors."
        )

        @Argument(help: "provider/name, or a name of [models.NAME]; openai and ollama provide embeddings.")
        var model: String

        @Argument(help: "The texts.")
        var texts: [String]

        @Flag(help: "Print the vectors, one JSON object a line.")
        var json = false

        @OptionGroup var place: Place

        func run() async throws {
            let (composition, configuration, description) = try place.model(model)
            let embedder = try composition.hub.embedder(description)
            let texts = texts
            let limit = configuration.policy.limits.modelTime
            let embeddings = try await Deadline.run(limit, of: "limits.model_seconds") {
                try await embedder.embed(texts)
            }
            let terminal = Terminal.current
            for (text, vector) in zip(texts, embeddings.vectors) {
                if json {
                    let row: JSONValue = [
                        "model": .string(embedder.name), "text": .string(text),
                        "vector": .array(vector.map { .double(Double($0)) }),
                    ]
                    terminal.json(row)
                } else {
                    let start = vector.prefix(4).map { "\($0)" }.joined(separator: ", ")
                    terminal.line("\(vector.count) dimensions: \(start)…  \(text.shortened(to: 60))", to: .output)
                }
            }
        }
    }
}

/// Models in a listing, one a line.
private struct ModelTable {
    let terminal: Terminal
    let isJSON: Bool

    func heading(_ found: Composition.Reachable) {
        if isJSON {
            guard let problem = found.problem else { return }
            let row: JSONValue = [
                "provider": .string(found.provider.provider.rawValue), "address": .string(found.provider.address),
                "error": .string(problem),
            ]
            return terminal.json(row)
        }
        terminal.write("\n\(found.provider.provider.rawValue) ", to: .output, .bold)
        terminal.write("at \(found.provider.address)", to: .output, .dim)
        if let problem = found.problem {
            terminal.line(" can't be asked: \(problem)", to: .output, .yellow)
        } else {
            terminal.line(found.models.isEmpty ? " has no models" : "", to: .output, .dim)
        }
    }

    func row(_ model: ModelDescription, role: String) {
        let facts = model.facts
        if isJSON {
            let price: JSONValue? = facts.price.map {
                [
                    "input": .double($0.input), "cached": .double($0.cached), "cacheWrite": .double($0.cacheWrite),
                    "output": .double($0.output),
                ]
            }
            let row: JSONValue = [
                "name": .string(model.name), "provider": .string(model.provider.rawValue),
                "role": role.isEmpty ? .null : .string(role),
                "contextTokens": facts.contextTokens.map { .int($0) } ?? .null,
                "outputTokens": facts.outputTokens.map { .int($0) } ?? .null,
                "price": price ?? .null,
            ]
            return terminal.json(row)
        }
        terminal.write(role.padded(to: 14), to: .output, .cyan)
        terminal.write(model.name.padded(to: 40), to: .output)
        terminal.write((facts.contextTokens.map(Self.tokens) ?? "").padded(to: 8), to: .output, .dim)
        let price = facts.price.map { "\(Dollars.price($0.input)) in, \(Dollars.price($0.output)) out per million" }
        terminal.line(price ?? "", to: .output, .dim)
    }

    /// A number of tokens for a person: `128k`, `1M`.
    private static func tokens(_ count: Int) -> String {
        switch count {
        case ..<1000: "\(count)"
        case ..<1_000_000: "\(count / 1000)k"
        default: count % 1_000_000 < 100_000 ? "\(count / 1_000_000)M" : "\(count / 100_000 * 100)k"
        }
    }
}
