import AnimaCore

/// Applies a unified diff to several files, all or none.
struct ApplyPatchTool: FileTool {
    var workspace: Workspace

    let spec = ToolSpec(
        name: "apply_patch",
        group: "files",
        description:
            "Applies a unified diff (as diff -u or git diff writes it) to one or several text files, all or none. "
            + "\"--- /dev/null\" makes a file, \"+++ /dev/null\" deletes one. Use it for changes in several places or files.",
        parameters: ArgumentSchema([
            .init("patch", .string(), "The diff, with lines of context around each change.", required: true),
            .init(
                "path",
                .string(maxBytes: 8192),
                "The directory that its paths are relative to, relative to the workspace.",
                default: "."
            ),
        ]),
        replay: .probe,
        isExclusive: true,
        trust: .untrusted,
        gateArgument: "path",
        gateForm: .path,
        also: [.patch("patch")]
    )

    @concurrent func perform(_ call: ToolInvocation) async -> ToolOutput {
        do throws(UnifiedDiff.Problem) {
            let diff = try UnifiedDiff(call.text("patch"))
            let plan = try PatchPlan(diff, in: workspace, below: call.text("path"))
            return perform(plan, count: diff.files.count)
        } catch {
            return .failure("Nothing was changed: \(error.text)")
        }
    }

    private func perform(_ plan: PatchPlan, count: Int) -> ToolOutput {
        var changes: [RecordedChange] = []
        for step in plan.steps {
            do throws(WorkspaceError) {
                if let bytes = step.bytes {
                    changes.append(try workspace.write(bytes, to: step.path, mode: step.mode))
                } else {
                    changes.append(try workspace.remove(step.path))
                }
            } catch {
                let left = takeBack(changes)
                guard !left.isEmpty else { return .failure("Nothing was changed: \(error.message)") }
                var output = ToolOutput.failure(
                    "\(error.message). Changed all the same, because it could not be taken back: "
                        + left.map(\.change.path).joined(separator: ", ")
                )
                output.add(left)
                return output
            }
        }
        let head = "Applied the patch: \(counted(count, "file")), \(counted(plan.hunkCount, "hunk"))."
        return .success(([head] + plan.report).joined(separator: "\n"), changes)
    }

    /// Takes changes back, the newest first; returns those that it could not.
    private func takeBack(_ changes: [RecordedChange]) -> [RecordedChange] {
        var left: [RecordedChange] = []
        for change in changes.reversed() {
            do throws(WorkspaceError) {
                let path = change.change.path
                guard let before = change.change.before else {
                    _ = try workspace.remove(path)
                    continue
                }
                guard let bytes = change.keep?.bytes else {
                    left.insert(change, at: 0)
                    continue
                }
                _ = try workspace.write(bytes, to: path, mode: .init(before.mode))
            } catch {
                left.insert(change, at: 0)
            }
        }
        return left
    }

    @concurrent func inspect(_ call: ToolInvocation) async -> ToolOutput? {
        guard let diff = try? UnifiedDiff(call.text("patch")) else { return nil }
        let directory = call.text("path")
        func fits(_ diff: UnifiedDiff) -> Bool {
            (try? PatchPlan(diff, in: workspace, below: directory, maxFuzz: .none)) != nil
        }
        let mayRun = fits(diff)
        let mayBeTakenBack = fits(diff.reversed)
        if mayRun, !mayBeTakenBack { return nil }
        if mayBeTakenBack, !mayRun {
            return .success("Applied the patch: \(counted(diff.files.count, "file")); found so after an interruption.")
        }
        let states = diff.files.map { file in
            let part = UnifiedDiff(only: file)
            let state = (fits(part), fits(part.reversed))
            return "\(file.name): "
                + (state == (false, true) ? "changed" : state == (true, false) ? "not changed" : "can't be told")
        }
        return .failure(
            "outcome unknown: a crash interrupted the patch. Read the files before you go on:\n"
                + states.joined(separator: "\n")
        )
    }
}
