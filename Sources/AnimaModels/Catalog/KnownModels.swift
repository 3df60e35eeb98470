import AnimaCore

/// The published figures of models that many people use, as of August 2026; what isn't here has no known price.
///
/// Prices are those of ordinary requests, in US dollars per million tokens; where a provider charges more for very long
/// requests, or less for a time, the table has the price that holds most of the time. `[prices]` goes over it.
enum KnownModels {
    static let all: [KnownModel] = anthropic + openAI + embeddings + open

    private static let anthropic = [
        claude("fable-5", 1_000_000, 128_000, 10, 50),
        claude("opus-4-8", 1_000_000, 128_000, 5, 25),
        claude("opus-4-7", 1_000_000, 128_000, 5, 25),
        claude("opus-4-6", 1_000_000, 128_000, 5, 25),
        claude("opus-4-5", 200_000, 64_000, 5, 25),
        claude("opus-4-1", 200_000, 32_000, 15, 75),
        claude("opus-4-0", 200_000, 32_000, 15, 75),
        claude("opus-4", 200_000, 32_000, 15, 75),
        claude("sonnet-5", 1_000_000, 128_000, 3, 15),
        claude("sonnet-4-6", 1_000_000, 64_000, 3, 15),
        claude("sonnet-4-5", 200_000, 64_000, 3, 15),
        claude("sonnet-4-0", 200_000, 64_000, 3, 15),
        claude("sonnet-4", 200_000, 64_000, 3, 15),
        claude("haiku-4-5", 200_000, 64_000, 1, 5),
        claude("3-7-sonnet", 200_000, 64_000, 3, 15),
        claude("3-5-sonnet", 200_000, 8192, 3, 15),
        claude("3-5-haiku", 200_000, 8192, 0.8, 4),
        claude("3-opus", 200_000, 4096, 15, 75),
        claude("3-haiku", 200_000, 4096, 0.25, 1.25),
    ]

    private static let openAI = [
        gpt("gpt-5.6-sol", nil, nil, 5, 0.5, 30),
        gpt("gpt-5.6-terra", nil, nil, 2, 0.2, 12),
        gpt("gpt-5.6-luna", nil, nil, 0.2, 0.02, 1.2),
        gpt("gpt-5.5", 1_050_000, 128_000, 5, 0.5, 30),
        gpt("gpt-5.5-pro", 1_050_000, 128_000, 30, 30, 180),
        gpt("gpt-5.4", 1_050_000, 128_000, 2.5, 0.25, 15),
        gpt("gpt-5.4-pro", 1_050_000, 128_000, 30, 30, 180),
        gpt("gpt-5.4-mini", 400_000, 128_000, 0.75, 0.075, 4.5),
        gpt("gpt-5.4-nano", 400_000, 128_000, 0.2, 0.02, 1.25),
        gpt("gpt-5.3-codex", 400_000, 128_000, 1.75, 0.175, 14),
        gpt("gpt-5.2", 400_000, 128_000, 1.75, 0.175, 14),
        gpt("gpt-5.2-codex", 400_000, 128_000, 1.75, 0.175, 14),
        gpt("gpt-5.2-pro", 400_000, 128_000, 21, 21, 168),
        gpt("gpt-5.1", 400_000, 128_000, 1.25, 0.125, 10),
        gpt("gpt-5.1-codex", 400_000, 128_000, 1.25, 0.125, 10),
        gpt("gpt-5.1-codex-max", 400_000, 128_000, 1.25, 0.125, 10),
        gpt("gpt-5.1-codex-mini", 400_000, 128_000, 0.25, 0.025, 2),
        gpt("gpt-5", 400_000, 128_000, 1.25, 0.125, 10),
        gpt("gpt-5-codex", 400_000, 128_000, 1.25, 0.125, 10),
        gpt("gpt-5-pro", 400_000, 272_000, 15, 15, 120),
        gpt("gpt-5-mini", 400_000, 128_000, 0.25, 0.025, 2),
        gpt("gpt-5-nano", 400_000, 128_000, 0.05, 0.005, 0.4),
        gpt("gpt-4.1", 1_047_576, 32_768, 2, 0.5, 8),
        gpt("gpt-4.1-mini", 1_047_576, 32_768, 0.4, 0.1, 1.6),
        gpt("gpt-4.1-nano", 1_047_576, 32_768, 0.1, 0.025, 0.4),
        gpt("gpt-4o", 128_000, 16_384, 2.5, 1.25, 10),
        gpt("gpt-4o-mini", 128_000, 16_384, 0.15, 0.075, 0.6),
        gpt("gpt-4-turbo", 128_000, 4096, 10, 10, 30),
        gpt("gpt-4", 8192, 8192, 30, 30, 60),
        gpt("gpt-3.5-turbo", 16_385, 4096, 0.5, 0.5, 1.5),
        gpt("o4-mini", 200_000, 100_000, 1.1, 0.275, 4.4),
        gpt("o3", 200_000, 100_000, 2, 0.5, 8),
        gpt("o3-pro", 200_000, 100_000, 20, 20, 80),
        gpt("o3-mini", 200_000, 100_000, 1.1, 0.55, 4.4),
        gpt("o1", 200_000, 100_000, 15, 7.5, 60),
        gpt("o1-pro", 200_000, 100_000, 150, 150, 600),
    ]

    private static let embeddings = [
        gpt("text-embedding-3-large", 8191, nil, 0.13, 0.13, 0),
        gpt("text-embedding-3-small", 8191, nil, 0.02, 0.02, 0),
        gpt("text-embedding-ada-002", 8192, nil, 0.1, 0.1, 0),
    ]

    /// Open models, by family; where they run decides what they cost.
    private static let open = [
        KnownModel("ollama/gpt-oss*", context: 131_072),
        KnownModel("ollama/llama3.1*", context: 131_072),
        KnownModel("ollama/llama3.2*", context: 131_072),
        KnownModel("ollama/llama3.3*", context: 131_072),
        KnownModel("ollama/qwen3*", context: 40_960),
        KnownModel("ollama/gemma3*", context: 131_072),
        KnownModel("ollama/mistral*", context: 32_768),
        KnownModel("ollama/phi4*", context: 16_384),
        KnownModel("ollama/deepseek-r1*", context: 131_072),
    ]

    /// A model of Anthropic: what was cached costs a tenth, putting it into the cache a quarter more.
    private static func claude(
        _ name: String,
        _ context: Int,
        _ output: Int,
        _ sent: Double,
        _ received: Double
    ) -> KnownModel {
        KnownModel(
            "anthropic/claude-\(name)",
            context: context,
            output: output,
            price: ModelPrice(input: sent, cached: sent / 10, cacheWrite: sent * 1.25, output: received)
        )
    }

    /// A model of OpenAI: prices of tokens sent, cached and received.
    private static func gpt(
        _ name: String,
        _ context: Int?,
        _ output: Int?,
        _ sent: Double,
        _ cached: Double,
        _ received: Double
    ) -> KnownModel {
        KnownModel(
            "openai/\(name)",
            context: context,
            output: output,
            price: ModelPrice(input: sent, cached: cached, output: received)
        )
    }
}
