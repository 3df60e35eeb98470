import AnimaCore
import AnimaModels

extension ConfigurationKey {
    /// Tables whose elements the owner names: `[models.NAME]`, `[prices."PATTERN"]`.
    enum Family: String, CaseIterable, Sendable {
        case models
        case prices

        /// How an element is named in documents.
        var placeholder: String {
            switch self {
            case .models: "NAME"
            case .prices: "\"PROVIDER/NAME*\""
            }
        }

        /// What an element is, in a sentence.
        var meaning: String {
            switch self {
            case .models: "A model with a name of its own, for `use`, `fallback` and `--model`."
            case .prices:
                "What tokens of some models cost, in US dollars per million; the longest fitting pattern counts."
            }
        }

        /// What is wrong with an element's name; nil when nothing is.
        func problem(ofName name: String) -> String? {
            switch self {
            case .models:
                if name == "reflex" || name == "auto" { return "\"\(name)\" is the name of a built-in one" }
                let isPlain = (1...63).contains(name.utf8.count) && name.utf8.allSatisfy(Self.isNameByte)
                return isPlain ? nil : "names of models are 1 to 63 letters, digits, '-', '_' and '.'"
            case .prices:
                let isPattern = name.contains("/") && !name.dropLast().contains("*")
                return isPattern ? nil : "write provider/name, with a * at the end for all that begin so"
            }
        }

        /// The keys of an element, in the order of documents.
        func keys(of element: String) -> [ConfigurationKey] {
            let table = KeyPositions.path(rawValue, element)
            switch self {
            case .models: return ConfigurationKey.model(table, \.[model: element], isNamed: true)
            case .prices: return ConfigurationKey.price(table, element)
            }
        }

        private static func isNameByte(_ byte: UInt8) -> Bool {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"): true
            case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"), UInt8(ascii: "."): true
            default: false
            }
        }
    }

    /// The keys of a table that describes a model.
    ///
    /// - Parameter isNamed: Whether it is one of `[models.NAME]`, which can't refer to others.
    static func model(_ table: String, _ model: Property<ModelConfiguration>, isNamed: Bool) -> [ConfigurationKey] {
        func part<Value>(_ path: WritableKeyPath<ModelConfiguration, Value>) -> Property<Value> {
            model.appending(path: path)
        }
        let providers = ModelDescription.Provider.allCases.map(\.rawValue)
        let short = ConfigurationKey(
            "\(table).use",
            .name(part(\.use)),
            sample: .set("\"reflex\""),
            defaultNote: "what is found: a provider whose key is set, a local server, else `reflex`",
            "The model in short: a name of `[models.NAME]`, `provider/name`, or `reflex`, the built-in one; instead of "
                + "`provider` and `name`."
        )
        let fallback = ConfigurationKey(
            "\(table).fallback",
            .list(part(\.fallback), .modelNames),
            sample: .example(#"["fast", "ollama/llama3.2"]"#),
            "Models that are tried in this order when it does not answer, each in short."
        )
        let keys = [
            ConfigurationKey(
                "\(table).provider",
                .choice(part(\.provider), providers),
                sample: .example("\"openai\""),
                defaultNote: "none",
                "Who provides it; `openai` stands for everything that speaks its interface."
            ),
            ConfigurationKey(
                "\(table).name",
                .name(part(\.name)),
                sample: .example("\"gpt-6.2-sol\""),
                defaultNote: "none",
                "Its name, as the provider knows it; the file of a cassette."
            ),
            ConfigurationKey(
                "\(table).base_url",
                .name(part(\.baseURL)),
                sample: .example("\"http://127.0.0.1:8080/v1\""),
                defaultNote: "the provider's own, or `OPENAI_BASE_URL`, `ANTHROPIC_BASE_URL`, `OLLAMA_HOST`",
                "The address before the API's paths."
            ),
            ConfigurationKey(
                "\(table).api_key",
                .secret(part(\.apiKey)),
                sample: .example("\"${MY_KEY}\""),
                defaultNote:
                    "`OPENAI_API_KEY`, `ANTHROPIC_API_KEY` or `OLLAMA_API_KEY`, from the environment or `keys.toml`",
                "The key; a variable may stand in the environment or in `keys.toml`. It is never shown."
            ),
            ConfigurationKey(
                "\(table).style",
                .choice(part(\.style), ModelDescription.Style.allCases.map(\.rawValue)),
                sample: .example("\"responses\""),
                defaultNote: "what the model wants: `\"chat\"`, or `\"responses\"` for OpenAI's newer ones",
                "Which of OpenAI's interfaces is spoken; `responses` keeps a model's reasoning between steps."
            ),
            ConfigurationKey(
                "\(table).temperature",
                .optionalNumber(part(\.temperature), 0...2),
                sample: .example("0.2"),
                defaultNote: "the provider's",
                "How freely it chooses words; 0 for the likeliest ones."
            ),
            ConfigurationKey(
                "\(table).max_tokens",
                .optionalInteger(part(\.maxTokens), 1...1_000_000),
                sample: .example("4096"),
                defaultNote: "the model's, and never more than `limits.reply_tokens`",
                "Tokens of one reply."
            ),
            ConfigurationKey(
                "\(table).top_p",
                .optionalNumber(part(\.topP), 0...1),
                sample: .example("0.9"),
                defaultNote: "the provider's",
                "The share of likely words that it chooses from."
            ),
            ConfigurationKey(
                "\(table).seed",
                .optionalInteger(part(\.seed), 0...Int(Int32.max)),
                sample: .example("42"),
                defaultNote: "none",
                "The same seed gives about the same reply, where the provider knows seeds."
            ),
            ConfigurationKey(
                "\(table).stop",
                .list(part(\.stop), .anyTexts),
                sample: .example(#"["END"]"#),
                "Texts that end a reply."
            ),
            ConfigurationKey(
                "\(table).effort",
                .choice(part(\.effort), ["minimal", "low", "medium", "high", "xhigh", "max"]),
                sample: .example("\"medium\""),
                defaultNote: "the provider's",
                "How much it thinks before it answers, for models that do; not every model knows every word."
            ),
            ConfigurationKey(
                "\(table).context",
                .optionalInteger(part(\.context), 256...10_000_000),
                sample: .example("32768"),
                defaultNote: "what is known of the model; for Ollama 8192",
                "The window in tokens, request and reply together; Ollama is told to use it."
            ),
            ConfigurationKey(
                "\(table).stream",
                .flag(part(\.streams)),
                "Whether replies are shown while they come."
            ),
            ConfigurationKey(
                "\(table).tools",
                .choice(part(\.tools), ModelDescription.ToolStyle.allCases.map(\.rawValue)),
                sample: .example("\"text\""),
                defaultNote: "`\"native\"`",
                "How it is told of tools: by the provider's interface, or in the text for models without one."
            ),
            ConfigurationKey(
                "\(table).images",
                .optionalFlag(part(\.images)),
                sample: .example("true"),
                defaultNote: "`true` for the models of OpenAI and Anthropic at their usual addresses, else `false`",
                "Whether it is shown the images that tools return; those of `--image` it always is."
            ),
            ConfigurationKey(
                "\(table).keep_alive",
                .name(part(\.keepAlive)),
                sample: .example("\"10m\""),
                defaultNote: "the server's",
                "How long Ollama keeps the model in memory: `10m`, `-1` for ever, `0` not at all."
            ),
            ConfigurationKey(
                "\(table).connect_seconds",
                .seconds(part(\.connectTime), 0.01...300),
                "How long a connection may take, TLS included."
            ),
            ConfigurationKey(
                "\(table).first_byte_seconds",
                .seconds(part(\.firstByteTime), 0.01...3600),
                "How long an answer may take to begin."
            ),
            ConfigurationKey(
                "\(table).idle_seconds",
                .seconds(part(\.idleTime), 0.01...3600),
                "How long an answer may pause."
            ),
        ]
        return isNamed ? keys : [short] + keys + [fallback]
    }

    fileprivate static func price(_ table: String, _ pattern: String) -> [ConfigurationKey] {
        let price: Property<PriceConfiguration> = \.[price: pattern]
        func key(
            _ name: String,
            _ path: WritableKeyPath<PriceConfiguration, Double?>,
            _ sample: String,
            _ note: String,
            _ meaning: String
        ) -> ConfigurationKey {
            ConfigurationKey(
                "\(table).\(name)",
                .optionalNumber(price.appending(path: path), 0...1_000_000),
                sample: .example(sample),
                defaultNote: note,
                meaning
            )
        }
        return [
            key("input", \.input, "0.25", "none, it is required", "Tokens sent."),
            key("output", \.output, "2.0", "none, it is required", "Tokens received."),
            key("cached", \.cached, "0.025", "as `input`", "Tokens sent that the provider had cached."),
            key("cache_write", \.cacheWrite, "0.3", "as `input`", "Tokens sent that the provider puts into its cache."),
        ]
    }
}
