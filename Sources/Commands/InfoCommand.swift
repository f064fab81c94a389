import ArgumentParser
import Foundation
import VisitorSessions
import WixHeadless

struct InfoCommand: BackgroundCommand {
    static let configuration = CommandConfiguration(
        commandName: "info",
        abstract: "Ask the issuer what it knows of a session's access token.",
        discussion: "Example: session-inspector info 3f2a91 --refresh-token")

    @OptionGroup var options: GlobalOptions

    @Argument(help: "A prefix of the session's ID, or its label.", completion: .sessions)
    var session: String

    @Flag(help: "Ask about the refresh token.")
    var refreshToken = false

    @Flag(help: "As a JSON object.")
    var json = false

    func perform() async throws {
        let workbench = try await Workbench(options, as: "info")
        let found = try await workbench.store.find(session)
        let opened = try await workbench.manager.openForIssuer(found.id)
        let token = refreshToken ? opened.tokens.refreshToken?.value : opened.tokens.accessToken?.value
        guard let token else {
            throw Failure(.unreadableInput, "Session \(found.id) has no such token.")
        }
        let information = try await workbench.interruptible {
            try await workbench.issuer.information(about: token, teaching: workbench.manager)
        }
        let facts: [(name: String, value: String?)] = [
            ("active", information.isActive ? "true" : "false"), ("subjectType", information.subjectType),
            ("subjectID", information.subjectID), ("issuedAt", SessionDocument.time(information.issuedAt)),
            ("expiresAt", SessionDocument.time(information.expiresAt)), ("clientID", information.clientID),
            ("siteID", information.siteID), ("instanceID", information.instanceID),
        ]
        if json {
            var object = Dictionary(uniqueKeysWithValues: facts.map { ($0.name, JSONText.string($0.value)) })
            object["active"] = .bool(information.isActive)
            return try StandardOutput.say(try JSONText.object(object))
        }
        for fact in facts { try StandardOutput.say(FactLine.text(fact.name, fact.value ?? "–")) }
    }
}
