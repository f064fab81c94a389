import Foundation
package import VisitorSessions

/// A form for what a new session or a browser needs, shown before anything is sent, stored or opened.
package struct SessionForm: Sendable {
    package enum Purpose: Sendable {
        case generate
        /// Stores pasted tokens, whose client isn't known.
        case add(Tokens)
        /// Opens a browser as this visitor.
        case browse(VisitorSession)
    }

    enum Field: Sendable {
        case label, clientID, count, page, save

        /// What an empty field stands for.
        var placeholder: String {
            switch self {
            case .count: "1"
            case .save: InspectorTexts.savePlaceholder
            case .label, .clientID, .page: ""
            }
        }

        var name: String {
            switch self {
            case .label: InspectorTexts.labelField
            case .clientID: InspectorTexts.clientIDField
            case .count: InspectorTexts.countField
            case .page: InspectorTexts.pageField
            case .save: InspectorTexts.saveField
            }
        }
    }

    /// The maximum number of visitors, enough for debugging. The command line can generate more.
    static let countLimit = 100

    let purpose: Purpose
    private(set) var fields: [(field: Field, text: TextField)]

    /// The field that receives keys.
    var current = 0

    /// Why the form can't be accepted as it is.
    private(set) var problem: String?

    /// - Parameter asksForClientID: Whether no client ID is configured.
    /// - Parameter clientID: The client ID that was last typed.
    /// - Parameter canSave: Whether a typed client ID can be saved in the configuration.
    init(_ purpose: Purpose, asksForClientID: Bool, clientID: String, canSave: Bool = false) {
        self.purpose = purpose
        fields = [(.label, TextField())]
        if asksForClientID { fields.append((.clientID, TextField(clientID))) }
        if case .generate = purpose { fields.append((.count, TextField())) }
        if asksForClientID, canSave { fields.append((.save, TextField())) }
        // Starts in the field that has to be filled in.
        current = asksForClientID && clientID.isEmpty ? 1 : 0
    }

    /// Asks for the page that a browser opens.
    init(_ page: String, for session: VisitorSession) {
        purpose = .browse(session)
        fields = [(.page, TextField(page))]
    }

    private func text(_ field: Field) -> String? {
        fields.first { $0.field == field }?.text.text.trimmingCharacters(in: .whitespaces)
    }

    /// The form's title, and a verb for what accepting it does.
    var texts: (title: String, verb: String) {
        switch purpose {
        case .generate: (InspectorTexts.generateTitle, InspectorTexts.generateVerb)
        case .add: (InspectorTexts.addTitle, InspectorTexts.setVerb)
        case .browse(let session): (InspectorTexts.browseTitle(session.shortName), InspectorTexts.openVerb)
        }
    }

    /// The client ID that was typed. `nil`: a configured one is used.
    var clientID: String? { text(.clientID) }

    /// Whether to save the client ID for later.
    var savesClientID: Bool { ["y", "yes"].contains(text(.save)?.lowercased()) }

    /// The page that was typed.
    var page: String { text(.page) ?? "" }

    mutating func edit(_ edit: (inout TextField) -> Bool) -> Bool {
        problem = nil
        return edit(&fields[current].text)
    }

    /// Returns the actions. If a field is invalid, makes it current, sets ``problem`` and returns `nil`.
    mutating func accept() -> [SessionAction]? {
        let label = text(.label) ?? ""
        let count = text(.count)?.isEmpty ?? true ? 1 : text(.count).flatMap { Int($0) } ?? 0
        if InputRedactor.containsToken(label) { return refuse(.label, InspectorTexts.labelHoldsToken) }
        if let clientID, UUID(uuidString: clientID) == nil { return refuse(.clientID, InspectorTexts.invalidClientID) }
        guard (1...Self.countLimit).contains(count) else {
            return refuse(.count, InspectorTexts.invalidCount(Self.countLimit))
        }
        if !savesClientID, !["", "n", "no"].contains(text(.save)?.lowercased() ?? "") {
            return refuse(.save, InspectorTexts.invalidSave)
        }
        if case .browse = purpose, Self.pageURL(page) == nil { return refuse(.page, InspectorTexts.noPage) }
        return switch purpose {
        case .browse: []
        case .generate: Array(repeating: .generate(label: label, clientID: clientID), count: count)
        case .add(let tokens): [.add(tokens, label: label, clientID: clientID)]
        }
    }

    /// The URL of a page that was typed. Without a scheme, it uses HTTP if the host is this machine, and HTTPS otherwise.
    /// `nil`: it isn't one.
    package static func pageURL(_ text: String) -> String? {
        let host = text.prefix { $0 != ":" && $0 != "/" }
        let isLocal = host == "localhost" || host == "127.0.0.1"
        let url = text.contains("://") ? text : (isLocal ? "http://" : "https://") + text
        guard !url.contains(where: \.isWhitespace), let parts = URLComponents(string: url),
            ["http", "https"].contains(parts.scheme?.lowercased()), parts.host?.isEmpty == false
        else { return nil }
        return url
    }

    private mutating func refuse(_ field: Field, _ sentence: String) -> [SessionAction]? {
        problem = sentence
        current = fields.firstIndex { $0.field == field } ?? current
        return nil
    }
}
