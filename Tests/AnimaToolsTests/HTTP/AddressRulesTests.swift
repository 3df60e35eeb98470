import AnimaCore
import Testing

@testable import AnimaTools

@Suite struct AddressRulesTests {
    @Test(arguments: [
        ("8.8.8.8", AddressKind.global), ("1.0.0.1", .global), ("172.15.255.255", .global), ("172.32.0.1", .global),
        ("100.63.255.255", .global), ("100.128.0.1", .global), ("192.0.1.1", .global), ("198.17.0.1", .global),
        ("223.255.255.255", .global), ("0.0.0.0", .unspecified), ("0.1.2.3", .reserved),
        ("10.255.0.1", .privateNetwork),
        ("100.64.0.1", .shared), ("100.127.255.255", .shared), ("100.100.100.200", .metadata), ("127.0.0.1", .loopback),
        ("127.255.255.254", .loopback), ("169.254.169.254", .metadata), ("169.254.1.1", .linkLocal),
        ("168.63.129.16", .metadata), ("172.16.0.1", .privateNetwork), ("172.31.255.255", .privateNetwork),
        ("192.0.0.8", .reserved), ("192.0.2.1", .reserved), ("192.88.99.1", .reserved),
        ("192.168.0.1", .privateNetwork),
        ("198.18.0.1", .reserved), ("198.19.255.255", .reserved), ("198.51.100.1", .reserved),
        ("203.0.113.1", .reserved),
        ("224.0.0.1", .multicast), ("239.255.255.255", .multicast), ("240.0.0.1", .reserved),
        ("255.255.255.255", .reserved),
    ])
    func knowsWhatNumbersOfVersion4Name(text: String, kind: AddressKind) throws {
        #expect(try #require(IPAddress(version4: text)).kind == kind)
    }

    @Test(arguments: [
        ("2606:4700::1111", AddressKind.global), ("2a00:1450:4001::1", .global), ("2001:4860:4860::8888", .global),
        ("::", .unspecified), ("::1", .loopback), ("::2", .reserved), ("::ffff:8.8.8.8", .reserved),
        ("::ffff:127.0.0.1", .reserved), ("::127.0.0.1", .reserved), ("::ffff:0:127.0.0.1", .reserved),
        ("64:ff9b::127.0.0.1", .reserved), ("64:ff9b:1::1", .reserved), ("100::1", .reserved), ("2001::1", .reserved),
        ("2001:2::1", .reserved), ("2001:10::1", .reserved), ("2001:db8::1", .reserved), ("3fff::1", .reserved),
        ("5f00::1", .reserved), ("2002:7f00:1::", .loopback), ("2002:a9fe:a9fe::1", .metadata),
        ("2002:808:808::1", .global), ("2a00::5efe:10.0.0.1", .privateNetwork), ("2a00::200:5efe:127.0.0.1", .loopback),
        ("fc00::1", .privateNetwork), ("fd12::1", .privateNetwork), ("fd00:ec2::254", .metadata),
        ("fd20:ce::254", .metadata), ("fe80::1", .linkLocal), ("febf::1", .linkLocal), ("fec0::1", .privateNetwork),
        ("ff02::1", .multicast), ("4000::1", .reserved), ("e000::1", .reserved),
    ])
    func knowsWhatNumbersOfVersion6Name(text: String, kind: AddressKind) throws {
        #expect(try #require(IPAddress(version6: text)).kind == kind)
    }

    @Test(arguments: [
        "http://127.0.0.1/", "http://localhost/", "http://LocalHost.:80/", "http://a.localhost/", "http://2130706433/",
        "http://0x7f.1/", "http://0177.1/", "http://0/", "http://[::1]/", "http://[::ffff:a9fe:a9fe]/",
        "http://169.254.169.254/latest/meta-data/", "http://[fd00:ec2::254]/", "http://192.168.1.1./", "http://[::]/",
    ])
    func refusesWhatIsNotPublic(url: String) throws {
        let rules = DestinationRules(grants: [])
        let refusal = try #require(rules.refusal(of: WebAddress(url)))
        #expect(refusal.contains("tools.hosts"))
    }

    @Test func refusesANameWithOneBadAnswerAmongGoodOnes() throws {
        let rules = DestinationRules(grants: [])
        let good = try #require(IPAddress(version4: "8.8.8.8"))
        let bad = try #require(IPAddress(version4: "10.0.0.1"))
        let address = try WebAddress("https://a.test/")
        #expect(rules.refusal(of: [good], for: address) == nil)
        #expect(rules.refusal(of: [good, bad], for: address)?.contains("leads to 10.0.0.1") == true)
    }

    @Test(arguments: [
        ("127.0.0.1:8080", "http://127.0.0.1:8080/x", true), ("127.0.0.1:8080", "http://127.0.0.1:8081/", false),
        ("127.0.0.1:8080", "http://0x7f.1:8080/", true), ("127.0.0.1", "http://127.0.0.1:9/", true),
        ("127.0.0.1:80", "http://127.0.0.1:80/", true), ("127.0.0.1:80", "https://127.0.0.1/", false),
        ("127.0.0.1", "http://127.0.0.2/", false), ("[::1]:81", "http://[0::1]:81/", true),
        ("[::1]", "http://[::1]:5/", true), ("169.254.169.254", "http://169.254.169.254/", true),
        ("localhost", "http://localhost:1/", true), ("localhost", "http://127.0.0.1/", false),
    ])
    func opensExactlyWhatIsGranted(grant: String, url: String, isOpen: Bool) throws {
        let rules = DestinationRules(grants: [try #require(HostGrant(grant))])
        #expect((rules.refusal(of: try WebAddress(url)) == nil) == isOpen)
    }

    @Test(arguments: [
        ("192.168.7.7", true), ("127.0.0.1", true), ("100.64.0.1", true), ("8.8.8.8", true), ("169.254.169.254", false),
        ("0.0.0.0", false), ("224.0.0.1", false), ("169.254.3.4", false),
    ])
    func opensInnerNetworksButNotMetadataByAName(number: String, isOpen: Bool) throws {
        let rules = DestinationRules(grants: [try #require(HostGrant("intranet.test"))])
        let answer = try #require(IPAddress(version4: number))
        #expect((rules.refusal(of: [answer], for: try WebAddress("http://intranet.test/")) == nil) == isOpen)
        if answer.kind != .global {
            #expect(rules.refusal(of: [answer], for: try WebAddress("http://other.test/")) != nil)
        }
    }

    @Test(arguments: ["", "a/b", "http://a", "u@a", "a b", "a:99999", "::1", "*.a", "a?b", "a#b", "[fe80::1%eth0]"])
    func refusesAGrantThatIsNoHost(text: String) {
        #expect(HostGrant(text) == nil)
    }
}

@Suite struct RedirectChainTests {
    private func chain(_ method: String, _ url: String, grants: [String] = []) throws -> RedirectChain {
        let request = WebRequest(
            method: method,
            address: try WebAddress(url),
            headers: [.init(name: "Authorization", value: "x"), .init(name: "Content-Type", value: "text/plain")],
            body: [1]
        )
        return RedirectChain(request, DestinationRules(grants: grants.compactMap { HostGrant($0) }))
    }

    private func head(_ status: Int, _ location: String?) -> WebHead {
        WebHead(
            status: status,
            reason: "",
            headers: location.map { [WebRequest.Header(name: "location", value: $0)] } ?? []
        )
    }

    @Test(arguments: [
        (301, "GET", "/b", "GET", 2), (302, "POST", "/b", "GET", 1), (303, "PUT", "/b", "GET", 1),
        (303, "HEAD", "/b", "HEAD", 2), (307, "POST", "/b", "POST", 2), (308, "PUT", "/b", "PUT", 2),
        (302, "DELETE", "/b", "DELETE", 2), (302, "GET", "https://b.test/", "GET", 0),
        (301, "GET", "https://a.test:444/", "GET", 0), (303, "POST", "https://b.test/", "GET", 0),
    ])
    func followsWithWhatMayGoAlong(
        status: Int,
        method: String,
        location: String,
        next: String,
        headers: Int
    ) throws {
        var chain = try chain(method, "https://a.test/")
        #expect(chain.receive(head(status, location)) == .follow)
        #expect(chain.request.method == next)
        #expect(chain.request.headers.count == headers)
        #expect(chain.request.body.isEmpty == (next == "GET" && method != "GET"))
    }

    @Test(arguments: [
        "http://a.test/", "ftp://a.test/", "https://u@a.test/", "javascript:1", "https://127.1:99999/", "https://[::1",
        "http://127.0.0.1:8080/", "https://granted.test/",
    ])
    func refusesRedirects(location: String) throws {
        var chain = try chain("GET", "https://a.test/", grants: ["granted.test"])
        guard case .refuse = chain.receive(head(302, location)) else {
            Issue.record("it was followed")
            return
        }
    }

    @Test func sendsABodyToNoOtherOrigin() throws {
        var chain = try chain("POST", "https://a.test/")
        guard case .done(let note?) = chain.receive(head(307, "https://b.test/")) else {
            Issue.record("it was followed")
            return
        }
        #expect(note.contains("https://b.test/"))
    }

    @Test func endsAfterFiveRedirects() throws {
        var chain = try chain("GET", "https://a.test/")
        for _ in 1...5 { #expect(chain.receive(head(302, "/")) == .follow) }
        guard case .refuse(let reason) = chain.receive(head(302, "/")) else {
            Issue.record("it was followed")
            return
        }
        #expect(reason.contains("5 redirects"))
    }

    @Test(arguments: [(200, "/b"), (304, "/b"), (300, "/b"), (302, nil)] as [(Int, String?)])
    func takesOtherAnswersAsTheLastOne(status: Int, location: String?) throws {
        var chain = try chain("GET", "https://a.test/")
        #expect(chain.receive(head(status, location)) == .done(note: nil))
    }
}
