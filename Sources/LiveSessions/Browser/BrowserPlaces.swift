import Foundation
import VisitorSessions
import WixHeadless

/// Reads and writes the cookies and local storage items in which a browser's pages keep tokens.
actor BrowserPlaces {
    private struct Held {
        var place: BrowserPlace
        var session: SessionID
    }

    private let devTools: DevTools
    private let run: LiveRun
    private let store: any PlaceStore
    private var storage: BrowserStorage
    private var held: [[String?]: Held] = [:]

    private var remembered: Set<TokenPlace> = []

    /// The places that were deleted with their session.
    private var deleted: [SessionID: [BrowserPlace]] = [:]

    /// - Parameter origin: The origin of the first page.
    init(_ devTools: DevTools, run: LiveRun, store: any PlaceStore, origin: String?) {
        storage = BrowserStorage(origin: origin)
        self.devTools = devTools
        self.run = run
        self.store = store
    }

    func note(_ event: DevTools.Event) {
        storage.note(event)
    }

    func attach(_ tab: String) {
        storage.attach(tab)
    }

    func end(_ session: String) {
        storage.end(session)
    }

    // MARK: Reading

    /// Reads what may have changed, records the tokens in it, and learns which session each place holds.
    ///
    /// - Parameter canRecord: Asked after reading. `false`: what was read may belong to a token response that isn't
    ///   recorded yet, and is left for the next time.
    func recordChanges(if canRecord: @Sendable () async -> Bool = { true }) async {
        guard await read(), await canRecord() else { return }
        for found in storage.takeFound(at: Date()) { await run.take(found.read, label: found.label) }
        let places = storage.places
        // Tokens that the application has removed aren't written again: the visitor has logged out.
        let identities = Set(places.map(\.identity))
        held = held.filter { identities.contains($0.key) }
        for place in places where held[place.identity]?.place.text != place.text {
            held[place.identity] = nil
            guard let stored = Self.stored(place), let session = await run.session(of: stored.tokens) else { continue }
            held[place.identity] = Held(place: place, session: session)
            await remember(place, stored)
        }
    }

    /// Remembers the place for the origins of the pages that use it. If that fails, only the next `open` takes a little
    /// longer.
    private func remember(_ place: BrowserPlace, _ stored: StoredText) async {
        guard let form = stored.template(now: Date()) else { return }
        for origin in Set(storage.pages.values) where place.isUsed(by: origin) {
            let known = place.remembered(for: origin, form: form)
            guard remembered.insert(known).inserted else { continue }
            try? await store.remember(known)
        }
    }

    /// The remembered places of an origin, filled with the tokens.
    func remembered(of origin: String, holding tokens: Tokens) async -> [BrowserPlace] {
        let known = (try? await store.places(of: origin)) ?? []
        return known.compactMap { place in
            guard let form = (try? StoredText(place.form, now: Date())).flatMap({ $0 }),
                let text = try? form.replacing(with: tokens, now: Date())
            else { return nil }
            return BrowserPlace(place, text: text.reveal(), now: Date())
        }
    }

    /// Returns `false` if something couldn't be read, for example because the browser is closing; what is known of it
    /// may then be out of date.
    private func read() async -> Bool {
        var isComplete = true
        // A tab that moves to another process may not report where it went.
        for tab in storage.pages.keys {
            if let answer = try? await devTools.send("Page.getFrameTree", to: tab) {
                storage.set(frames: answer, of: tab)
            }
        }
        if let answer = try? await devTools.send("Storage.getCookies") {
            storage.set(cookies: answer)
        } else {
            isComplete = false
        }
        for frame in storage.takeUnread() {
            let answer = try? await devTools.send(
                "DOMStorage.getDOMStorageItems", ["storageId": Self.storageID(frame.origin)], to: frame.session)
            if let answer { storage.set(items: answer, of: frame.origin) } else { isComplete = false }
        }
        return isComplete
    }

    /// `nil`: there are no tokens in it, or some that can't be replaced.
    private static func stored(_ place: BrowserPlace) -> StoredText? {
        (try? StoredText(place.text, now: Date())).flatMap { $0 }
    }

    /// The access token in a place.
    static func accessToken(in place: BrowserPlace) -> Secret? { stored(place)?.tokens.accessToken?.value }

    /// The places of the origin that hold tokens, whichever visitor they belong to. Records nothing.
    func tokenPlaces(of origin: String) async -> [BrowserPlace] {
        guard await read() else { return [] }
        return storage.places.filter { $0.isUsed(by: origin) && Self.stored($0) != nil }
    }

    // MARK: Writing

    /// Writes a session's tokens to the places that hold the session. Returns a sentence for each that can't be written.
    ///
    /// - Parameter reloads: Whether to reload the pages that use them.
    func write(_ tokens: Tokens, of session: SessionID, reloads: Bool) async -> [String] {
        // If the application has changed a place since then, the place belongs to the session of its new tokens.
        await recordChanges()
        return await write(
            tokens, of: session, to: held.values.filter { $0.session == session }.map(\.place), reloads: reloads)
    }

    /// Like ``write(_:of:reloads:)``, for the given places.
    func write(
        _ tokens: Tokens, of session: SessionID, to places: [BrowserPlace], reloads: Bool
    ) async -> [String] {
        var problems: [String] = []
        var written: [BrowserPlace] = []
        for var place in places {
            do throws(UnreadableTokens) {
                guard let text = try StoredText(place.text, now: Date())?.replacing(with: tokens, now: Date()) else {
                    continue
                }
                place.text = text.reveal()
            } catch {
                problems.append("\(place.name) wasn't changed. \(error.description)")
                continue
            }
            if let problem = await put(place) {
                problems.append("\(place.name) wasn't changed: \(problem).")
            } else {
                held[place.identity] = Held(place: place, session: session)
                written.append(place)
            }
        }
        if reloads { reload(written) }
        return problems
    }

    /// Deletes the places that hold the session, and reloads the pages that use them.
    func delete(_ session: SessionID) async -> [String] {
        await recordChanges()
        let places = held.values.filter { $0.session == session }.map(\.place)
        deleted[session] = places
        var problems: [String] = []
        for place in places {
            held[place.identity] = nil
            guard let tab = page(using: place) else { continue }
            do throws(DevTools.Failure) {
                switch place.location {
                case .cookie(let cookie):
                    for part in BrowserCookie.parts(of: cookie) {
                        _ = try await devTools.send("Network.deleteCookies", BrowserCookie.deleting(part), to: tab)
                    }
                case .item(let origin, let key):
                    _ = try await devTools.send(
                        "DOMStorage.removeDOMStorageItem",
                        ["storageId": Self.storageID(origin), "key": .string(key)], to: tab)
                }
            } catch {
                problems.append("\(place.name) wasn't deleted: \(error.message).")
            }
        }
        reload(places)
        return problems
    }

    /// Writes a restored session's tokens to the places that were deleted with it, replacing the visitor that the page
    /// has started since then.
    func restore(_ tokens: Tokens, of session: SessionID) async -> [String] {
        // Records that visitor first.
        await recordChanges()
        return await write(tokens, of: session, to: deleted.removeValue(forKey: session) ?? [], reloads: true)
    }

    /// Writes a cookie or an item as it is. Returns why it can't be written.
    func put(_ place: BrowserPlace) async -> String? {
        do throws(DevTools.Failure) {
            switch place.location {
            case .cookie(let cookie):
                let parts = BrowserCookie.parts(of: cookie, holding: place.text)
                let settings = parts.map { BrowserCookie.setting($0.cookie, to: $0.text) }
                _ = try await devTools.send("Storage.setCookies", ["cookies": .array(settings)])
                guard let tab = page(using: place) else { return nil }
                for part in BrowserCookie.parts(of: cookie).dropFirst(parts.count) {
                    _ = try await devTools.send("Network.deleteCookies", BrowserCookie.deleting(part), to: tab)
                }
            case .item(let origin, let key):
                guard let tab = page(using: place) else { return "no tab is open at \(origin)" }
                _ = try await devTools.send(
                    "DOMStorage.setDOMStorageItem",
                    ["storageId": Self.storageID(origin), "key": .string(key), "value": .string(place.text)], to: tab)
            }
            return nil
        } catch {
            return error.message
        }
    }

    /// Stores what a page should find when it first loads. Returns the IDs of scripts to remove afterwards.
    func prepare(_ places: [BrowserPlace], in tab: String) async -> (scripts: [String], problems: [String]) {
        var (scripts, problems): ([String], [String]) = ([], [])
        for place in places {
            guard case .item(let origin, let key) = place.location else {
                if let problem = await put(place) {
                    problems.append("The cookie \(place.name) can't be set: \(problem).")
                }
                continue
            }
            // An item can be set only by a page of its origin.
            let words = [origin, key, place.text].map { JSONValue.string($0).text }
            let source = "if (location.origin === \(words[0])) localStorage.setItem(\(words[1]), \(words[2]));"
            let answer = try? await devTools.send(
                "Page.addScriptToEvaluateOnNewDocument", ["source": .string(source)], to: tab)
            if let script = answer?["identifier"]?.string { scripts.append(script) }
        }
        return (scripts, problems)
    }

    private func reload(_ places: [BrowserPlace]) {
        for (tab, origin) in storage.pages where places.contains(where: { $0.isUsed(by: origin) }) {
            devTools.post("Page.reload", to: tab)
        }
    }

    private func page(using place: BrowserPlace) -> String? {
        storage.pages.first { place.isUsed(by: $0.value) }?.key
    }

    private static func storageID(_ origin: String) -> JSONValue {
        ["securityOrigin": .string(origin), "isLocalStorage": true]
    }
}
