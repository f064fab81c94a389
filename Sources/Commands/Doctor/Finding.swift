import VisitorSessions

/// What a check-up found, and what to do about it.
struct Finding: Encodable, Equatable {
    var subject: String
    var verdict: StoreFinding.Verdict
    var text: String

    /// `nil` where there is nothing to do.
    var remedy: String?

    static func good(_ subject: String, _ text: String) -> Finding {
        Finding(subject: subject, verdict: .good, text: text)
    }

    /// Worth knowing, and nothing wrong.
    static func note(_ subject: String, _ text: String, _ remedy: String? = nil) -> Finding {
        Finding(subject: subject, verdict: .note, text: text, remedy: remedy)
    }

    static func bad(_ subject: String, _ text: String, _ remedy: String) -> Finding {
        Finding(subject: subject, verdict: .bad, text: text, remedy: remedy)
    }
}

extension Finding {
    init(_ found: StoreFinding) {
        self.init(subject: found.subject, verdict: found.verdict, text: found.text, remedy: found.remedy)
    }
}
