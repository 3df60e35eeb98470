import AnimaCore
import Testing

@testable import AnimaTools

@Suite("Hosts that programs may reach")
struct ProgramHostsTests {
    @Test(
        arguments: [
            ("pypi.org", "pypi.org:443", true), ("pypi.org", "PyPI.org.:80", true), ("pypi.org", "pypi.org:22", false),
            ("pypi.org", "files.pypi.org:443", false), ("pypi.org", "evilpypi.org:443", false),
            ("github.com:22", "github.com:22", true), ("github.com:22", "github.com:443", false),
            ("*.pythonhosted.org", "files.pythonhosted.org:443", true),
            ("*.pythonhosted.org", "a.b.pythonhosted.org:80", true),
            ("*.pythonhosted.org", "pythonhosted.org:443", false),
            ("*.pythonhosted.org", "evilpythonhosted.org:443", false),
            ("*.pythonhosted.org", "files.pythonhosted.org.evil.example:443", false),
            ("*.pythonhosted.org:8443", "files.pythonhosted.org:8443", true),
            ("127.0.0.1:8080", "127.0.0.1:8080", true), ("127.0.0.1:8080", "0x7f000001:8080", true),
            ("127.0.0.1:8080", "127.0.0.1:8081", false), ("127.0.0.1:8080", "127.0.0.2:8080", false),
            ("127.0.0.1:8080", "localhost:8080", false), ("[::1]:8080", "[0:0::1]:8080", true),
        ]
    )
    func coverWhatTheyName(_ granted: String, _ asked: String, isCovered: Bool) throws {
        let hosts = ProgramHosts(granted: [try #require(ProgramHost(granted))])
        let address = try WebAddress("http://" + asked)
        #expect((hosts.refusal(of: address.host, port: address.port) == nil) == isCovered)
    }

    @Test(arguments: [
        "", "*", "*.", "*.org", "*.127.0.0.1", "a.*.org", "http://pypi.org", "pypi.org/simple", "a b", "a:0",
    ])
    func areNoneOfThese(_ text: String) { #expect(ProgramHost(text) == nil) }

    @Test(
        arguments: [
            (["93.184.216.34"], true), (["93.184.216.34", "10.0.0.1"], false), (["127.0.0.1"], false),
            (["169.254.169.254"], false), (["::1"], false), (["fd00::1"], false), (["::ffff:10.0.0.1"], false),
            // What is granted by its number may also have a name.
            (["192.168.1.7"], true), (["192.168.1.8"], false),
        ]
    )
    func leadToNumbersThatAreJudged(_ numbers: [String], isReached: Bool) throws {
        let granted = ["site.example", "192.168.1.7"].compactMap { ProgramHost($0) }
        let answers = numbers.compactMap { IPAddress(version6: $0) ?? IPAddress(version4: $0) }
        try #require(answers.count == numbers.count)
        let refusal = ProgramHosts(granted: granted).refusal(of: answers, for: .name("site.example"), port: 443)
        #expect((refusal == nil) == isReached, "\(refusal ?? "")")
    }
}
