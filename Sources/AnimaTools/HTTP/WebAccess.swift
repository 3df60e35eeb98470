/// What the tools of the group `http` need to know of the program and its owner.
public struct WebAccess: Sendable {
    /// Hosts that are spoken to although they are not public.
    public var hosts: [HostGrant]
    /// Header fields that requests to some origins carry.
    public var headers: [HeaderGrant]
    /// The program and its version, as servers are told them: `Anima/0.1.0`.
    public var program: String
    /// A PEM file of the authorities to trust instead of the system's.
    public var certificates: String?
    /// How names of hosts are looked up.
    var resolver: any NameResolver = SystemResolver()

    /// Describes the access; by default public hosts only.
    public init(
        hosts: [HostGrant] = [],
        headers: [HeaderGrant] = [],
        program: String = "Anima",
        certificates: String? = nil
    ) {
        self.hosts = hosts
        self.headers = headers
        self.program = program
        self.certificates = certificates
    }

    var client: WebClient {
        WebClient(
            rules: DestinationRules(grants: hosts),
            resolver: resolver,
            headers: headers,
            userAgent: "\(program) (AI agent)",
            certificates: certificates
        )
    }
}
