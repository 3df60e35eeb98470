/// Sums of money for a person, in US dollars.
public enum Dollars {
    /// A sum of millionths of a dollar, rounded up: `$0.0123`.
    public static func text(_ microdollars: Int) -> String {
        let hundredths = microdollars / 100 + (microdollars % 100 > 0 ? 1 : 0)
        let digits = String(hundredths % 10_000)
        return "$\(hundredths / 10_000)." + String(repeating: "0", count: 4 - digits.count) + digits
    }

    /// A price per million tokens, without needless digits: `$3`, `$0.25`.
    public static func price(_ dollars: Double) -> String {
        dollars == dollars.rounded() && abs(dollars) < 1e9 ? "$\(Int(dollars))" : "$\(dollars)"
    }
}
