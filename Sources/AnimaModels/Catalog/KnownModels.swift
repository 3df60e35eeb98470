import AnimaCore

/// The published figures of models that many people use; what isn't here has no known price.
///
/// They were looked at in 2026-11. A price in the configuration, `[prices."PATTERN"]`, goes over the one here.
///
/// Prices are those of an ordinary request with a short prompt: above 272,000 tokens (GPT models with a larger window,
/// from 5.4 on) or 100,000 tokens (Claude Haiku 5.5) a provider takes more.
enum KnownModels {
    static let all: [KnownModel] = openAI + anthropic + embeddings

    /// A model and its dated versions: window, longest reply, and what tokens cost that are sent, were cached, are put into
    /// the cache, and are received.
    private static func model(
        _ name: String,
        _ context: Int,
        _ output: Int,
        _ input: Double,
        _ cached: Double,
        _ written: Double,
        _ received: Double
    ) -> KnownModel {
        let price = ModelPrice(input: input, cached: cached, cacheWrite: written, output: received)
        return KnownModel(name, context: context, output: output, price: price)
    }
}

// MARK: OpenAI

extension KnownModels {
    // swift-format-ignore
    private static let openAI: [KnownModel] = [
        //                                window    reply   input  cached  written  output
        model("openai/gpt-6.2-astra",  1_050_000, 128_000,   8.00,  0.40,   10.00,   40.00),
        model("openai/gpt-6.2-sol",    1_050_000, 128_000,   2.00,  0.10,    2.50,   10.00),
        model("openai/gpt-6.1-sol",    1_050_000, 128_000,   2.00,  0.10,    2.50,   10.00),
        model("openai/gpt-6.1-terra",  1_050_000, 128_000,   1.00,  0.05,    1.25,    5.00),
        model("openai/gpt-6-astra",    1_050_000, 128_000,  10.00,  1.00,   12.50,   50.00),
        model("openai/gpt-6-sol",      1_050_000, 128_000,   2.00,  0.20,    2.50,   10.00),
        model("openai/gpt-6-luna",     1_050_000, 128_000,   0.10,  0.01,    0.125,   0.50),
        // Sol's promotional price was promised until 2026-11-21; this is its ordinary one.
        model("openai/gpt-5.6",        1_050_000, 128_000,   5.00,  0.50,    6.25,   30.00),
        model("openai/gpt-5.6-sol",    1_050_000, 128_000,   5.00,  0.50,    6.25,   30.00),
        model("openai/gpt-5.6-terra",  1_050_000, 128_000,   2.00,  0.20,    2.50,   12.00),
        model("openai/gpt-5.6-luna",   1_050_000, 128_000,   0.20,  0.02,    0.25,    1.20),
        // Up to here a written token costs more than another one, from here on as much.
        model("openai/gpt-5.5",        1_050_000, 128_000,   5.00,  0.50,    5.00,   30.00),
        model("openai/gpt-5.5-pro",    1_050_000, 128_000,  30.00, 30.00,   30.00,  180.00),
        model("openai/gpt-5.4",        1_050_000, 128_000,   2.50,  0.25,    2.50,   15.00),
        model("openai/gpt-5.4-mini",     400_000, 128_000,   0.75,  0.075,   0.75,    4.50),
        model("openai/gpt-5.4-nano",     400_000, 128_000,   0.20,  0.02,    0.20,    1.25),
        model("openai/gpt-5.4-pro",    1_050_000, 128_000,  30.00, 30.00,   30.00,  180.00),
        model("openai/gpt-5.3-codex",    400_000, 128_000,   1.75,  0.175,   1.75,   14.00),
        model("openai/gpt-5.2",          400_000, 128_000,   1.75,  0.175,   1.75,   14.00),
        model("openai/gpt-5.2-pro",      400_000, 128_000,  21.00, 21.00,   21.00,  168.00),
        model("openai/gpt-5.1",          400_000, 128_000,   1.25,  0.125,   1.25,   10.00),
        model("openai/gpt-5",            400_000, 128_000,   1.25,  0.125,   1.25,   10.00),
        model("openai/gpt-5-mini",       400_000, 128_000,   0.25,  0.025,   0.25,    2.00),
        model("openai/gpt-5-nano",       400_000, 128_000,   0.05,  0.005,   0.05,    0.40),
        model("openai/gpt-5-pro",        400_000, 128_000,  15.00, 15.00,   15.00,  120.00),
        model("openai/gpt-4.1",        1_047_576,  32_768,   2.00,  0.50,    2.00,    8.00),
        model("openai/gpt-4.1-mini",   1_047_576,  32_768,   0.40,  0.10,    0.40,    1.60),
        model("openai/gpt-4.1-nano",   1_047_576,  32_768,   0.10,  0.025,   0.10,    0.40),
        model("openai/gpt-4o",           128_000,  16_384,   2.50,  1.25,    2.50,   10.00),
        model("openai/gpt-4o-mini",      128_000,  16_384,   0.15,  0.075,   0.15,    0.60),
        model("openai/o4-mini",          200_000, 100_000,   1.10,  0.275,   1.10,    4.40),
        model("openai/o3",               200_000, 100_000,   2.00,  0.50,    2.00,    8.00),
        model("openai/o3-pro",           200_000, 100_000,  20.00, 20.00,   20.00,   80.00),
        model("openai/o3-mini",          200_000, 100_000,   1.10,  0.55,    1.10,    4.40),
        model("openai/o1",               200_000, 100_000,  15.00,  7.50,   15.00,   60.00),
    ]

    private static let embeddings: [KnownModel] = [
        KnownModel("openai/text-embedding-3-large", context: 8_191, price: ModelPrice(input: 0.13, output: 0)),
        KnownModel("openai/text-embedding-3-small", context: 8_191, price: ModelPrice(input: 0.02, output: 0)),
    ]
}

// MARK: Anthropic

extension KnownModels {
    // swift-format-ignore
    private static let anthropic: [KnownModel] = [
        //                                      window    reply   input  cached  written  output
        model("anthropic/claude-fable-5-1",  1_000_000, 128_000,  10.00,  0.25,   12.50,   50.00),
        model("anthropic/claude-fable-5",    1_000_000, 128_000,  10.00,  1.00,   12.50,   50.00),
        model("anthropic/claude-opus-5-5",   1_000_000, 128_000,   4.00,  0.20,    5.00,   20.00),
        model("anthropic/claude-opus-5",     1_000_000, 128_000,   5.00,  0.50,    6.25,   25.00),
        model("anthropic/claude-opus-4-8",   1_000_000, 128_000,   5.00,  0.50,    6.25,   25.00),
        model("anthropic/claude-opus-4-7",   1_000_000, 128_000,   5.00,  0.50,    6.25,   25.00),
        model("anthropic/claude-opus-4-6",   1_000_000, 128_000,   5.00,  0.50,    6.25,   25.00),
        model("anthropic/claude-opus-4-5",     200_000,  64_000,   5.00,  0.50,    6.25,   25.00),
        model("anthropic/claude-opus-4-1",     200_000,  32_000,  15.00,  1.50,   18.75,   75.00),
        model("anthropic/claude-opus-4",       200_000,  32_000,  15.00,  1.50,   18.75,   75.00),
        model("anthropic/claude-sonnet-5-5", 1_000_000, 128_000,   2.00,  0.10,    2.50,   10.00),
        model("anthropic/claude-sonnet-5",   1_000_000, 128_000,   2.00,  0.20,    2.50,   10.00),
        model("anthropic/claude-sonnet-4-6", 1_000_000, 128_000,   3.00,  0.30,    3.75,   15.00),
        model("anthropic/claude-sonnet-4-5",   200_000,  64_000,   3.00,  0.30,    3.75,   15.00),
        model("anthropic/claude-sonnet-4",     200_000,  64_000,   3.00,  0.30,    3.75,   15.00),
        model("anthropic/claude-haiku-5-5",  1_000_000, 128_000,   0.10,  0.01,    0.125,   0.50),
        model("anthropic/claude-haiku-4-5",    200_000,  64_000,   1.00,  0.10,    1.25,    5.00),
        model("anthropic/claude-3-7-sonnet",   200_000,  64_000,   3.00,  0.30,    3.75,   15.00),
        model("anthropic/claude-3-5-sonnet",   200_000,   8_192,   3.00,  0.30,    3.75,   15.00),
        model("anthropic/claude-3-5-haiku",    200_000,   8_192,   0.80,  0.08,    1.00,    4.00),
        model("anthropic/claude-3-opus",       200_000,   4_096,  15.00,  1.50,   18.75,   75.00),
        model("anthropic/claude-3-haiku",      200_000,   4_096,   0.25,  0.03,    0.30,    1.25),
    ]
}
