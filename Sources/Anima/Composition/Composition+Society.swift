public import AnimaCore
public import AnimaRuntime

// Agents that others write to, look after, or have made.
extension Composition {
    /// Reads the configuration of an agent that others write to: one that lives in the home or was made by another one, or else has a
    /// file of its name.
    ///
    /// - Parameter file: A configuration file beside which the file `NAME.toml` may be; nil for none.
    /// - Throws: `AgentError` `.unknownAgent` when there is neither.
    public func peer(_ id: AgentID, beside file: String?) throws -> AgentConfiguration {
        guard let place = place(ofPeer: id, beside: file) else { throw AgentError.unknown(id) }
        if place == id.name {
            var configuration = try configuration(of: id)
            configuration.beside = configuration.beside ?? file.map(FilePath.absolute)
            return configuration
        }
        let configuration = try configuration(file: place)
        guard configuration.name == id else { throw AgentError.unknown(id) }
        return configuration
    }

    /// What an agent that others write to says about itself; nil when there is none, or its configuration can't be read.
    public func card(ofPeer id: AgentID, beside file: String?) -> AgentCard? {
        guard let configuration = try? peer(id, beside: file) else { return nil }
        return AgentCard(name: id, description: configuration.description, tools: configuration.toolNames)
    }

    /// How commands name an agent that others write to: its name when it lives in the home, or else its file; nil when there is
    /// neither.
    public func place(ofPeer id: AgentID, beside file: String?) -> String? {
        if FilePath.exists(home.agentFilePath(of: id)) || FilePath.exists(home.childPath(of: id)) { return id.name }
        let path = file.map { "\(ConfigurationFile.directory(of: $0))/\(id).toml" }
        return path.flatMap { FilePath.exists($0) ? $0 : nil }
    }

    /// Opens the life of an agent that others write to, or of a child that is made now.
    ///
    /// - Parameters:
    ///   - birth: What the child is; nil for an agent that is there.
    ///   - file: The configuration file beside which others may be.
    ///   - live: Tells listeners what the agent does.
    /// - Throws: `AgentError` `.unknownAgent`; what ``residence(of:_:live:)`` throws.
    public func residence(
        ofPeer id: AgentID,
        bornAs birth: Birth?,
        beside file: String?,
        live: Broadcast = Broadcast()
    ) async throws -> Runtime.Residence {
        if let birth, place(ofPeer: id, beside: file) == nil, !FilePath.exists(home.lifePath(of: id)) {
            // What the template says is checked before there is anything of the child.
            _ = try peer(birth.template, beside: file)
            try home.makeChild(id, ChildFile(birth: birth, beside: file.map(FilePath.absolute)))
        }
        let configuration = try peer(id, beside: file)
        if place(ofPeer: id, beside: file) == id.name {
            try FilePath.makePrivateDirectory(configuration.workspace ?? home.workspace(of: id))
        }
        return try await residence(of: id, configuration, live: live)
    }

    /// Does what its parent wants with a child whose work has ended.
    public func retire(_ id: AgentID) {
        guard let child = try? home.child(id), let parent = try? peer(child.birth.parent, beside: child.beside),
            parent.endedChildren == .remove
        else { return }
        // What can't be deleted now is only left over.
        try? home.removeChild(id)
    }

    /// The files that say what an agent, and those that it works with, are and may do, also those that are not there yet: none of them may
    /// be written by a tool, or an agent could make itself a peer that may do more.
    func definingFiles(of configuration: AgentConfiguration) -> [String] {
        var files = Set(configuration.ownFiles)
        guard let beside = configuration.beside else { return files.sorted() }
        let directory = ConfigurationFile.directory(of: beside)
        var names = configuration.others
        var seen: Set<String> = []
        while let name = names.popLast(), seen.count < 256 {
            guard seen.insert(name).inserted else { continue }
            let path = "\(directory)/\(name).toml"
            files.insert(FilePath.absolute(path))
            guard FilePath.exists(path), let other = try? loader().load(path) else { continue }
            files.formUnion(other.ownFiles)
            names += other.others
        }
        return files.sorted()
    }

    /// The configuration of a child: its template's, bounded by what it is.
    func configuration(of id: AgentID, _ child: ChildFile) throws -> AgentConfiguration {
        let birth = child.birth
        var configuration = try peer(birth.template, beside: child.beside)
        if configuration.persona.isEmpty {
            configuration.persona = try FilePath.read(home.personaPath(of: birth.template)) ?? ""
        }
        if configuration.description.isEmpty { configuration.description = "a \(birth.template) of @\(birth.parent)" }
        configuration.name = id
        configuration.birth = birth
        configuration.beside = child.beside
        configuration.workspace = home.workspace(of: id)
        if birth.sharesWorkspace {
            let parent = try peer(birth.parent, beside: child.beside)
            configuration.workspace = parent.workspace ?? FilePath.currentDirectory()
        }
        return configuration
    }
}
