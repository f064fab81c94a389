import Foundation
import TestProcesses
import Testing

/// A shell session: each command line, its standard output, its standard error (`!`) and its exit code if it isn't 0
/// (`?`). Parts that differ between runs are replaced by placeholders.
struct Transcript {
    private static let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Transcripts")

    let sandbox: Sandbox
    let url: String
    private var text = ""

    init(_ sandbox: Sandbox, url: String) {
        self.sandbox = sandbox
        self.url = url
    }

    /// Runs a line. `session-inspector` is the program, `$URL` the issuer.
    mutating func type(_ line: String) async throws {
        let (output, errors) = (sandbox.scratchFile(), sandbox.scratchFile())
        defer { for file in [output, errors] { unlink(file) } }
        let programs = Sandbox.program.deletingLastPathComponent().path
        var environment = sandbox.environment(["SESSION_INSPECTOR_ISSUER": url, "URL": url])
        environment["PATH"] = "\(programs):\(environment["PATH"] ?? "")"
        let shell = try ChildProcess(
            ["sh", "-c", "cd \"$HOME\"\n\(line)"], environment: environment, output: output, errors: errors)
        let status = await shell.end()
        text += "$ \(line)\n" + (try String(contentsOfFile: output, encoding: .utf8))
        for line in try String(contentsOfFile: errors, encoding: .utf8).split(separator: "\n") {
            text += "! \(line)\n"
        }
        if status != 0 { text += "? \(status)\n" }
    }

    /// Compares the transcript with a golden file. `UPDATE_GOLDEN=1` rewrites it.
    func compare(with name: String, sourceLocation: SourceLocation = #_sourceLocation) throws {
        let file = Self.folder.appending(path: "\(name).txt")
        let seen = normalized(text)
        if ProcessInfo.processInfo.environment["UPDATE_GOLDEN"] != nil { try Data(seen.utf8).write(to: file) }
        let expected = try String(contentsOf: file, encoding: .utf8)
        guard seen != expected else { return }
        let lines = expected.split(separator: "\n", omittingEmptySubsequences: false)
        let changes = seen.split(separator: "\n", omittingEmptySubsequences: false).difference(from: lines).map {
            switch $0 {
            case .insert(let index, let line, _): "line \(index + 1): + \(line)"
            case .remove(let index, let line, _): "line \(index + 1): - \(line)"
            }
        }
        Issue.record("\(name).txt differs:\n\(changes.joined(separator: "\n"))", sourceLocation: sourceLocation)
    }

    /// Numbers IDs in order of appearance. They keep their length, so that tables stay aligned.
    private func normalized(_ text: String) -> String {
        var text = text
        var ids: [String] = []
        for match in text.matches(of: /[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}/) {
            let id = String(match.output)
            guard !ids.contains(id), !id.hasPrefix("de000000"), !id.hasPrefix("b1a5c0de") else { continue }
            ids.append(id)
        }
        // Tokens first: they may contain part of an ID.
        text.replace(/OauthNG\.JWS\.[\w-]+\.[\w-]+\.[\w-]+/, with: "ACCESS-TOKEN")
        text.replace(/JWS\.[\w-]+\.[\w-]+\.[\w-]+/, with: "REFRESH-TOKEN")
        for (index, id) in ids.enumerated() {
            let name = String(repeating: "\(index % 10)", count: 8)
            text.replace(id, with: name + id.dropFirst(8).map { $0 == "-" ? "-" : name.prefix(1) }.joined())
            text.replace(id.prefix(8), with: name)
        }
        text.replace(url.dropFirst("http://".count), with: "127.0.0.1:8787")
        text.replace(/Port [0-9]+ is/, with: "Port 8787 is")
        text.replace(sandbox.home.path, with: "/home/ada")
        text.replace(/20[0-9]{2}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z/, with: "2026-01-01T12:00:00Z")
        text.replace(/[0-9]{10}\.[0-9]{9,}/, with: "REQUEST-ID")
        text.replace(/("expiresAt" ?: ?)1[0-9]{9}/) { "\($0.output.1)1767283200" }
        text.replace(/("actor" ?: ?"|  )([a-z]+(?: rotate)?) [0-9]+/) { "\($0.output.1)\($0.output.2) 4711" }
        text.replace(/\(process [0-9]+\)/, with: "(process 4711)")
        text.replace(/\b[0-9]+ s ago/, with: "just now")
        text.replace(/[0-9]+ KiB/, with: "96 KiB")
        text.replace(/\b[0-9]+ ms/, with: "12 ms")
        text.replace(/("duration" ?: ?)[0-9]+/) { "\($0.output.1)12" }
        return text
    }
}
