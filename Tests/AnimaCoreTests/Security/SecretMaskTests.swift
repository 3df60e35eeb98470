import AnimaCore
import Foundation
import Testing

@Suite("The mask of secrets")
struct SecretMaskTests {
    private static let key = "sk-Qx/7+secret~key 42"
    private let mask = SecretMask([Secret(key), Secret("short")])

    @Test("finds a secret as it is, encoded, and in the middle of what was encoded")
    func findsEncodings() {
        var texts = [Self.key]
        for before in ["", "a", "ab", "abc", "key="] {
            for after in ["", "z", "yz"] {
                let data = Data((before + Self.key + after).utf8)
                texts.append(data.base64EncodedString())
                texts.append(data.base64EncodedString().replacing("+", with: "-").replacing("/", with: "_"))
                texts.append(data.map { String(format: "%02x", $0) }.joined())
                texts.append(data.map { String(format: "%02X", $0) }.joined())
                texts.append(data.map { String(format: "%%%02X", $0) }.joined())
            }
        }
        let encoded = Self.key.addingPercentEncoding(
            withAllowedCharacters: .alphanumerics.union(.init(charactersIn: "-._~"))
        )
        texts.append(encoded ?? "")
        for text in texts {
            let masked = mask.masked("before " + text + " after")
            #expect(masked.contains(SecretMask.replacement), "\(text)")
            #expect(masked.hasPrefix("before ") && masked.hasSuffix(" after"))
        }
    }

    @Test("leaves everything else as it is")
    func leavesTheRest() {
        for text in ["", "short", "sk-Qx/7+secret~key 43", "ünïcode 🙂 text", String(repeating: "ab", count: 1000)] {
            #expect(mask.masked(text) == text)
        }
        #expect(SecretMask([]).isEmpty && SecretMask([Secret("seven77")]).isEmpty)
        #expect(mask.masked("\(Self.key)\(Self.key)") == "(secret)(secret)")
    }
}
