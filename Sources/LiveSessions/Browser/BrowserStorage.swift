import Foundation
import VisitorSessions
import WixHeadless

/// The cookies and local storage of a browser, as far as they have been read. Does no I/O.
struct BrowserStorage {
    /// A frame whose local storage hasn't been read yet.
    struct Frame: Hashable {
        var session: String
        var origin: String
    }

    /// Tokens that belong together, from one place or several.
    struct Found {
        var read: ReadTokens

        /// The host of the page that keeps them.
        var label: String
    }

    private var cookies: [BrowserPlace] = []
    private var items: [String: [String: String]] = [:]
    private var unread: Set<Frame> = []

    /// The origin of the main frame of each tab, by the tab's session.
    private(set) var pages: [String: String] = [:]

    /// The origins of all pages that have been open.
    private var origins: [String]

    /// Where something has changed since it was last looked at: an origin, or "" for the cookies.
    private var changed: Set<String> = []

    /// All cookies and items.
    var places: [BrowserPlace] {
        cookies
            + items.flatMap { origin, items in
                items.map { BrowserPlace(location: .item(origin: origin, key: $0.key), text: $0.value) }
            }
    }

    /// - Parameter origin: The origin of the first page.
    init(origin: String?) {
        origins = [origin].compactMap(\.self)
    }

    // MARK: What the browser reports

    mutating func note(_ event: DevTools.Event) {
        guard event.method != "Page.frameNavigated" else { return navigate(event) }
        let id = event.parameters["storageId"]
        guard id?["isLocalStorage"] == true, let origin = Self.origin(id) else { return }
        if event.method == "DOMStorage.domStorageItemsCleared" { items[origin] = [:] }
        guard let key = event.parameters["key"]?.string else { return }
        items[origin, default: [:]][key] = event.parameters["newValue"]?.string
        changed.insert(origin)
    }

    private mutating func navigate(_ event: DevTools.Event) {
        guard let session = event.session, let frame = event.parameters["frame"],
            let origin = frame["securityOrigin"]?.string, origin.hasPrefix("http")
        else { return }
        if frame["parentId"] == nil { pages[session] = origin }
        open(origin, in: session)
    }

    /// Adds an attached tab, which may already show a page.
    mutating func attach(_ tab: String) {
        pages[tab] = ""
    }

    /// - Parameter answer: The response to `Page.getFrameTree`.
    mutating func set(frames answer: JSONValue, of tab: String) {
        guard let origin = answer["frameTree"]?["frame"]?["securityOrigin"]?.string, origin.hasPrefix("http"),
            pages[tab] != origin
        else { return }
        pages[tab] = origin
        open(origin, in: tab)
    }

    private mutating func open(_ origin: String, in session: String) {
        if !origins.contains(origin) { origins.append(origin) }
        unread.insert(Frame(session: session, origin: origin))
    }

    mutating func end(_ session: String) {
        pages[session] = nil
    }

    private static func origin(_ id: JSONValue?) -> String? {
        // A storage key is an origin with a slash, and the partition after a caret, if any.
        let key = id?["securityOrigin"]?.string ?? id?["storageKey"]?.string
        return key.map { key in String(key.prefix { $0 != "^" }) }.map {
            $0.hasSuffix("/") ? String($0.dropLast()) : $0
        }
    }

    /// The frames whose local storage is to be read now.
    mutating func takeUnread() -> [Frame] {
        defer { unread = [] }
        return Array(unread)
    }

    /// - Parameter answer: The response to `DOMStorage.getDOMStorageItems`.
    mutating func set(items answer: JSONValue, of origin: String) {
        let pairs = (answer["entries"]?.array ?? []).compactMap { entry -> (String, String)? in
            guard let pair = entry.array, pair.count == 2, let key = pair[0].string, let value = pair[1].string
            else { return nil }
            return (key, value)
        }
        let new = Dictionary(pairs) { _, last in last }
        guard new != items[origin] else { return }
        items[origin] = new
        changed.insert(origin)
    }

    /// - Parameter answer: The response to `Storage.getCookies`.
    mutating func set(cookies answer: JSONValue) {
        let new = BrowserCookie.places(answer["cookies"]?.array ?? [])
        guard new != cookies else { return }
        cookies = new
        changed.insert("")
    }

    // MARK: What is found

    /// Returns the tokens in what has changed since the last call.
    mutating func takeFound(at now: Date) -> [Found] {
        defer { changed = [] }
        return changed.flatMap { $0.isEmpty ? foundCookies(now) : foundItems(of: $0, now) }
    }

    private func foundItems(of origin: String, _ now: Date) -> [Found] {
        let values = (items[origin] ?? [:]).map { (group: origin, name: $0.key, value: $0.value) }
        return TokenDiscovery.read(values, kind: "local storage", now: now).findings.map {
            Found(read: $0.read, label: Self.host(origin))
        }
    }

    private func foundCookies(_ now: Date) -> [Found] {
        func domain(_ place: BrowserPlace) -> String {
            guard case .cookie(let cookie) = place.location else { return "" }
            return cookie["domain"]?.string ?? ""
        }
        return Dictionary(grouping: cookies, by: domain).flatMap { domain, cookies in
            let values = cookies.map { (group: domain, name: $0.name, value: $0.text) }
            let label = origins.first { BrowserPlace.isSite(domain, of: $0) }.map(Self.host) ?? domain
            return TokenDiscovery.read(values, kind: "cookie", now: now).findings.map {
                Found(read: $0.read, label: label)
            }
        }
    }

    private static func host(_ origin: String) -> String {
        URLComponents(string: origin)?.authority ?? origin
    }
}
