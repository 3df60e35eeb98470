import AnimaCore
import Testing

@testable import AnimaModels

@Suite struct KnownModelsTests {
    @Test(
        arguments: [
            ("anthropic/claude-sonnet-4-5", "anthropic/claude-sonnet-4-5"),
            ("anthropic/claude-sonnet-4-5-20250929", "anthropic/claude-sonnet-4-5"),
            ("anthropic/claude-opus-4-20250514", "anthropic/claude-opus-4"),
            ("openai/gpt-5-mini-2025-08-07", "openai/gpt-5-mini"), ("openai/gpt-5.4-mini", "openai/gpt-5.4-mini"),
            ("openai/gpt-4o-2024-11-20", "openai/gpt-4o"),
            ("openai/gpt-4o-audio-preview", nil), ("openai/gpt-5-foo", nil), ("openai/gpt-55", nil),
            ("anthropic/claude-sonnet-40", nil), ("openai/tiny", nil),
        ] as [(String, String?)]
    )
    func knowsAModelByItsNameWithOrWithoutADate(name: String, pattern: String?) {
        #expect(KnownModels.find(name)?.pattern == pattern)
    }

    @Test func figuresAreWithinReason() {
        #expect(Set(KnownModels.all.map(\.pattern)).count == KnownModels.all.count)
        for model in KnownModels.all {
            if let price = model.price {
                #expect(price.input > 0 && price.cached <= price.input && price.cacheWrite >= price.cached)
                #expect(price.output == 0 || price.output >= price.input)
            }
            if let context = model.context, let output = model.output { #expect(output <= context) }
        }
    }
}
