import AnimaTools

extension Composition {
    /// What an agent's programs may reach and use.
    ///
    /// - Throws: ``CompositionError`` when the owner's home would have to be seen.
    func confinement(
        of configuration: AgentConfiguration,
        _ workspace: Workspace
    ) throws(CompositionError) -> Confinement {
        let settings = configuration.sandbox
        var hidden = [Confinement.real(home.path)]
        if let owner = environment["HOME"].map(Confinement.real), owner != "/", owner.hasPrefix("/") {
            if Confinement.lies(owner, in: workspace.root) {
                throw CompositionError(
                    message:
                        "the workspace \(workspace.root) holds your home directory \(owner), which programs must not "
                        + "see: choose a directory inside it as agent.workspace, or set sandbox.mode = \"none\" to run "
                        + "programs unconfined"
                )
            }
            hidden.append(owner)
        }
        var confinement = Confinement(
            workspace: workspace.root,
            write: settings.write.map(Confinement.real),
            read: settings.read.map(Confinement.real),
            hidden: hidden,
            protected: definingFiles(of: configuration)
        )
        confinement.network = settings.network
        confinement.hosts = settings.hosts.compactMap { ProgramHost($0) }
        confinement.limits = settings.limits
        return confinement
    }

    /// Which sandbox holds the programs of agents with this configuration, and why not a stronger one.
    public func sandboxReport(of configuration: AgentConfiguration) -> String {
        if configuration.sandboxMode == .none { return "none: programs run unconfined, as sandbox.mode says" }
        let survey = SandboxSurvey(environment: environment)
        do throws(SandboxError) {
            let sandbox = try survey.sandbox(configuration.sandboxMode)
            let hosts = configuration.sandbox.hosts
            if let problem = sandbox.hostsProblem, !hosts.isEmpty {
                return "\(sandbox.name), which can't hold programs to sandbox.hosts, so agents with tools that run "
                    + "programs don't start: \(problem)"
            }
            let isStrongest = sandbox is BubblewrapSandbox || sandbox is SeatbeltSandbox
            let weaknesses = sandbox.weaknesses.isEmpty ? "" : "; " + sandbox.weaknesses.joined(separator: "; ")
            let reason = isStrongest ? nil : survey.bubblewrapProblem ?? "sandbox.mode says so"
            let network =
                hosts.isEmpty
                ? sandbox.hostsProblem.map { "; sandbox.hosts can't be granted: \($0)" } ?? ""
                : "; programs reach \(hosts.joined(separator: ", ")) and no other host"
            return sandbox.name + weaknesses + network + (reason.map { "; not bubblewrap: \($0)" } ?? "")
        } catch {
            return "none, so agents with tools that run programs don't start: \(error)"
        }
    }
}

extension AgentConfiguration {
    /// The files that say what the agent is and may do.
    var ownFiles: [String] {
        let files = origins.values.compactMap { origin -> String? in
            if case .file(let path, _) = origin { FilePath.absolute(path) } else { nil }
        }
        return Set(files + [personaFile].compactMap(\.self)).sorted()
    }

    /// The names of the agents that it writes to, makes children after, or looks after.
    var others: [String] { peers + templates + supervised + (birth.map { [$0.template.name, $0.parent.name] } ?? []) }

    /// Which sandbox is wanted.
    var sandboxMode: SandboxSurvey.Mode { sandbox.mode.flatMap { SandboxSurvey.Mode(rawValue: $0) } ?? .auto }
}
