import ArgumentParser
import DevelopmentIssuer
import Foundation
import InspectorCore
import InspectorTerminal
import VisitorSessions
import WixHeadless

/// The inspector on an issuer and a store of its own. Runs on the process's first thread.
struct DemoCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "demo",
        abstract: "Open the inspector on a development issuer and a dozen sessions, without an account.",
        discussion: """
            Example: session-inspector demo --theme light

            Nothing is written: the store is in memory, and gone when you quit.
            """)

    @OptionGroup var options: GlobalOptions
    @OptionGroup var looks: LookOptions

    func run() throws {
        try InspectorLoop.requireTerminal()
        let configuration = try Configuration.current(options)
        let (keymap, complaints) = Keymap.standard.changed(by: configuration.keys)
        let server = DevelopmentIssuerServer()
        let store = InMemorySessionStore()
        let url: IssuerURL
        do {
            let port = try Blocking.run {
                let port = try await server.start()
                try await DemoSessions(server: server, store: store).seed(at: Date())
                return port
            }
            url = try IssuerURL("http://127.0.0.1:\(port)")
        } catch let error as DevelopmentIssuerError {
            throw Failure(.cannotCreate, error.description)
        }
        defer { Blocking.run { await server.stop() } }
        let issuer = WixTokenIssuer(url: url, transport: CurlTransport())
        let manager = SessionManager(
            store: store, issuer: issuer, name: "demo \(ProcessInfo.processInfo.processIdentifier)")
        try Inspector(
            manager: manager, store: store, issuer: issuer, clientID: DevelopmentClient.id,
            options: InspectorOptions(
                profile: "demo", store: "memory", issuer: url.authority, isReadOnly: options.readOnly,
                keymap: keymap, complaints: complaints),
            looks: looks.looks(configured: configuration.theme)
        ).run()
    }
}
