import AnimaCore

/// Adds numbers; exact for whole and decimal numbers that fit 64 bits.
struct AddTool: Tool {
    let spec = ToolSpec(
        name: "add",
        group: "basic",
        description: "Adds numbers exactly. Use it instead of adding in your head.",
        parameters: ArgumentSchema([
            .init("numbers", .array(.number), "The numbers to add, at most 1000.", required: true)
        ]),
        replay: .pure,
        trust: .owner
    )

    @concurrent func run(_ call: ToolInvocation) async -> ToolOutput {
        let numbers = call.arguments["numbers"]?.arrayValue ?? []
        let integers = numbers.compactMap(\.intValue)
        if integers.count == numbers.count {
            var sum = 0
            for number in integers {
                let (next, overflow) = sum.addingReportingOverflow(number)
                if overflow {
                    return .failure(
                        "the sum does not fit 64 bits (\(Int.min) to \(Int.max)); add fewer or smaller numbers"
                    )
                }
                sum = next
            }
            return .success(String(sum))
        }
        if let sum = Self.decimalSum(of: numbers) { return .success(sum) }
        let sum = numbers.reduce(0.0) { sum, number in
            switch number {
            case .int(let value): sum + Double(value)
            case .double(let value): sum + value
            default: sum
            }
        }
        guard sum.isFinite else {
            return .failure("the sum is over the largest number, \(Double.greatestFiniteMagnitude)")
        }
        return .success("\(sum)")
    }

    /// The sum of numbers as they are written, so that 0.1 and 0.2 make 0.3; nil when their digits don't fit 64 bits.
    private static func decimalSum(of numbers: [JSONValue]) -> String? {
        var parts: [(digits: String, places: Int)] = []
        for number in numbers {
            let written = number.text
            guard !written.contains("e") else { return nil }
            let halves = written.split(separator: ".", maxSplits: 1)
            let fraction = halves.count == 2 && halves[1] != "0" ? String(halves[1]) : ""
            parts.append((String(halves[0]) + fraction, fraction.utf8.count))
        }
        let places = parts.map(\.places).max() ?? 0
        var sum = 0
        for part in parts {
            guard let value = Int(part.digits + String(repeating: "0", count: places - part.places)) else { return nil }
            let (next, overflow) = sum.addingReportingOverflow(value)
            if overflow { return nil }
            sum = next
        }
        var digits = String(sum.magnitude)
        if digits.utf8.count <= places {
            digits = String(repeating: "0", count: places + 1 - digits.utf8.count) + digits
        }
        var fraction = digits.suffix(places)
        while fraction.last == "0" { fraction.removeLast() }
        return (sum < 0 ? "-" : "") + digits.dropLast(places) + (fraction.isEmpty ? "" : "." + fraction)
    }
}
