package import VisitorSessions

extension BrowserRecorder {
    /// A stored visitor that the browser is to be.
    package struct Visitor: Sendable {
        let session: SessionID
        let tokens: Tokens

        /// Where the application keeps tokens. `nil`: found out by letting it make a visitor of its own first.
        let place: PlaceName?

        package init(session: SessionID, tokens: Tokens, place: PlaceName?) {
            (self.session, self.tokens, self.place) = (session, tokens, place)
        }
    }

    /// A place that a person names.
    package enum PlaceName: Hashable, Sendable {
        case cookie(String)
        case item(String)

        var isCookie: Bool {
            if case .cookie = self { true } else { false }
        }

        func location(in origin: String) -> BrowserPlace.Location {
            switch self {
            case .cookie(let name): .cookie(BrowserCookie.fresh(name, origin: origin))
            case .item(let key): .item(origin: origin, key: key)
            }
        }
    }
}
