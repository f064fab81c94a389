import Foundation
import VisitorSessions
import WixHeadless

/// Issued tokens that couldn't be stored. This is their only copy.
struct TokenRescue {
    var tokens: Tokens

    /// The session that the tokens belong to. `nil`: a new one.
    var session: SessionID?

    /// Saves the tokens to a private file in the first folder that accepts it, usually on a different disk from the
    /// store. Returns a sentence that says where they are and what to do.
    func save(environment: [String: String]) -> String {
        let name = "session-inspector-\(session?.prefix(6) ?? "new")-\(UUID().uuidString).json"
        let bytes = Data((SDKTokens.json(tokens).reveal() + "\n").utf8)
        for folder in folders(environment) {
            let url = folder.appending(path: name)
            guard (try? PrivateFile.make(url, bytes)) == true else { continue }
            let command = "session-inspector set \(session?.prefix(6) ?? "--new") \(url.path)"
            return
                "The session's tokens were saved to \(url.path) (readable only by you). Store them with `\(command)`, then delete the file."
        }
        return "The session's tokens couldn't be saved anywhere and are lost."
    }

    private func folders(_ environment: [String: String]) -> [URL] {
        let named = ["XDG_RUNTIME_DIR", "TMPDIR"].compactMap { environment[$0] }
        let paths = named + ["/tmp", "/dev/shm"] + ["HOME"].compactMap { environment[$0] }
        return paths.filter { $0.hasPrefix("/") }.map { URL(filePath: $0, directoryHint: .isDirectory) }
    }
}
