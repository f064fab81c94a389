package import Foundation
package import VisitorSessions
import WixHeadless

/// Records the sessions of a browser's tabs and workers: their API calls, cookies and local storage.
package actor BrowserRecorder {
    /// Browsers don't report changes of cookies, so they are read this often.
    private static let interval = Duration.milliseconds(400)

    /// Calls that wait for the store. Beyond this number they are dropped.
    private static let limit = 4096

    /// How long an application may take to store a visitor of its own.
    private static let learningTimeout = Duration.seconds(15)

    private enum Work {
        case call(BrowserTraffic.Call)
        case look
        case change(JournalEntry)
    }

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

        fileprivate var isCookie: Bool {
            if case .cookie = self { true } else { false }
        }

        fileprivate func location(in origin: String) -> BrowserPlace.Location {
            switch self {
            case .cookie(let name): .cookie(BrowserCookie.fresh(name, origin: origin))
            case .item(let key): .item(origin: origin, key: key)
            }
        }
    }

    private let process: BrowserProcess
    private let devTools: DevTools
    private let requests: RequestWriter
    private let run: LiveRun
    private let store: any SessionBrowser
    private let name: String
    private let start: String
    private let visitor: Visitor?
    private let places: BrowserPlaces
    private let say: @Sendable (String) -> Void
    private let work: AsyncStream<Work>
    private let queue: AsyncStream<Work>.Continuation
    private var targets = BrowserTargets()
    private var traffic: BrowserTraffic
    private var hasStarted = false

    /// Whether a read of the storage is queued.
    private var isLookDue = false

    /// How many events were taken, and who waits until how many were.
    private var takenEvents = 0
    private var waitingForEvents: [(count: Int, continuation: CheckedContinuation<Void, Never>)] = []

    /// How many token requests have ended and wait in the queue.
    private var queuedTokenCalls = 0

    /// Until when the application's own visitor is waited for, to be replaced. Nothing is recorded until then.
    private var learningUntil: ContinuousClock.Instant?

    /// Access tokens that calls were made with.
    private var known: Set<Secret> = []

    /// The access tokens of the application's own visitor, which was replaced: its late calls aren't recorded.
    private var ignored: Set<Secret> = []

    /// Starts a browser.
    ///
    /// - Parameters:
    ///   - store: The manager's store, whose changes are written back to the pages.
    ///   - url: The first page.
    ///   - visitor: The visitor of the first page. `nil`: a new one.
    ///   - hosts: The hosts of the API, with the port unless it is the default one.
    ///   - label: The label of new sessions. `nil`: the host of the page.
    ///   - clientID: The client of requests that don't name one.
    ///   - say: Called with sentences for the person at the terminal.
    package init(
        _ manager: SessionManager, store: any SessionBrowser, browser: URL, arguments: [String],
        profile: BrowserProfile,
        environment: [String: String], url: String, visitor: Visitor? = nil, hosts: Set<String>, label: String?,
        clientID: String?,
        say: @escaping @Sendable (String) -> Void
    ) throws(BrowserError) {
        process = try BrowserProcess(browser, arguments: arguments, profile: profile, environment: environment)
        devTools = DevTools(socket: process.socket)
        requests = RequestWriter(store, source: LiveSource(.browser, label: label ?? url))
        run = LiveRun(manager: manager, requests: requests, label: label, clientID: clientID, say: say)
        traffic = BrowserTraffic(hosts: hosts)
        places = BrowserPlaces(devTools, run: run, store: store, origin: URLComponents(string: url)?.origin)
        start = url
        name = manager.name
        self.store = store
        self.visitor = visitor
        self.say = say
        (work, queue) = AsyncStream.makeStream(of: Work.self, bufferingPolicy: .bufferingNewest(Self.limit))
    }

    /// Records until the browser has ended: its last tab is closed, or ``stop()`` was called. Its profile is gone then.
    package func record() async throws(BrowserError) -> LiveRun.Summary {
        devTools.post(
            "Target.setAutoAttach", ["autoAttach": true, "waitForDebuggerOnStart": true, "flatten": true])
        let working = Task {
            for await item in work { await handle(item) }
        }
        let writing = Task { [requests] in await requests.run() }
        let ticking = Task {
            while !Task.isCancelled {
                lookSoon()
                try await Task.sleep(for: Self.interval)
            }
        }
        let following = Task { [queue, store] in
            for try await entry in store.events() { queue.yield(.change(entry)) }
        }
        for await event in devTools.events {
            await take(event)
            takenEvents += 1
            resumeWaiting()
        }
        takenEvents = .max
        resumeWaiting()
        ticking.cancel()
        following.cancel()
        queue.finish()
        await working.value
        await run.finish()
        writing.cancel()
        await writing.value
        await requests.finish()
        if let problem = await process.end() { say(problem) }
        guard hasStarted else { throw .endedAtOnce }
        var summary = await run.summary
        summary.dropped += await requests.dropped
        if summary.problem == nil { summary.problem = await requests.problem }
        return summary
    }

    /// Closes the browser.
    package func stop() {
        devTools.post("Browser.close")
        devTools.close()
    }

    // MARK: Events

    private func take(_ event: DevTools.Event) async {
        switch event.method {
        case "Target.attachedToTarget": await attach(event.parameters)
        case "Target.detachedFromTarget":
            guard let session = event.parameters["sessionId"]?.string else { return }
            traffic.end(session)
            await places.end(session)
            if targets.remove(session), targets.pages == 0 { stop() }
        case "Page.frameNavigated", "DOMStorage.domStorageItemAdded", "DOMStorage.domStorageItemUpdated",
            "DOMStorage.domStorageItemRemoved", "DOMStorage.domStorageItemsCleared":
            await places.note(event)
            lookSoon()
        case "Page.loadEventFired": lookSoon()
        default:
            guard let call = traffic.feed(event) else { return }
            if call.exchange.isTokenRequest { queuedTokenCalls += 1 }
            if case .dropped = queue.yield(.call(call)) { queuedTokenCalls = 0 }
        }
    }

    private func lookSoon() {
        guard !isLookDue else { return }
        isLookDue = true
        queue.yield(.look)
    }

    private func attach(_ event: JSONValue) async {
        guard let session = event["sessionId"]?.string, let info = event["targetInfo"] else { return }
        guard targets.add(session, info) else {
            devTools.post("Runtime.runIfWaitingForDebugger", to: session)
            return devTools.post("Target.detachFromTarget", ["sessionId": .string(session)])
        }
        // The bodies of token requests and their responses are small.
        devTools.post(
            "Network.enable",
            ["maxPostDataSize": 65536, "maxResourceBufferSize": 1_048_576, "maxTotalBufferSize": 8_388_608], to: session
        )
        devTools.post("Page.enable", to: session)
        devTools.post("DOMStorage.enable", to: session)
        devTools.post(
            "Target.setAutoAttach", ["autoAttach": true, "waitForDebuggerOnStart": true, "flatten": true], to: session)
        devTools.post("Runtime.runIfWaitingForDebugger", to: session)
        guard info["type"] == "page" else { return }
        await places.attach(session)
        guard !hasStarted else { return }
        hasStarted = true
        Task { await navigate(session) }
    }

    private func navigate(_ tab: String) async {
        let scripts = await prepare(tab)
        let answer = try? await devTools.send("Page.navigate", ["url": .string(start)], to: tab)
        for script in scripts {
            devTools.post("Page.removeScriptToEvaluateOnNewDocument", ["identifier": .string(script)], to: tab)
        }
        // A slow server doesn't count.
        if learningUntil != nil { learningUntil = .now + Self.learningTimeout }
        if let reason = answer?["errorText"]?.string { say("The page can't be loaded: \(reason).") }
    }

    // MARK: Being a visitor

    /// Puts the visitor's tokens where the application will look for them. Returns the IDs of scripts to remove.
    private func prepare(_ tab: String) async -> [String] {
        guard let visitor, let origin = URLComponents(string: start)?.origin else { return [] }
        let places: [BrowserPlace]
        if let place = visitor.place {
            let form = StoredText.sdk(percentEncoded: place.isCookie)
            guard let text = try? form.replacing(with: visitor.tokens, now: Date()) else { return [] }
            places = [BrowserPlace(location: place.location(in: origin), text: text.reveal())]
        } else {
            places = await self.places.remembered(of: origin, holding: visitor.tokens)
            if places.isEmpty { learningUntil = .now + Self.learningTimeout }
        }
        var scripts: [String] = []
        for place in places {
            guard case .item(let origin, let key) = place.location else {
                if let problem = await self.places.put(place) {
                    say("The cookie \(place.name) can't be set: \(problem).")
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
        return scripts
    }

    /// Replaces the application's own visitor, once it is stored.
    private func replaceVisitor() async {
        guard let visitor, let deadline = learningUntil, let origin = URLComponents(string: start)?.origin else {
            return
        }
        let found = await places.tokenPlaces(of: origin)
        guard !found.isEmpty else {
            guard deadline < .now else { return }
            learningUntil = nil
            return say(
                "The page keeps no tokens that can be replaced. Name the place with --place cookie:NAME or local:KEY.")
        }
        learningUntil = nil
        ignored.formUnion(found.compactMap(BrowserPlaces.accessToken))
        for problem in await places.write(visitor.tokens, of: visitor.session, to: found, reloads: true) {
            say(problem)
        }
    }

    // MARK: Work

    private func handle(_ work: Work) async {
        switch work {
        case .look:
            isLookDue = false
            guard targets.pages > 0 else { return }
            guard isSettled else { return }
            if learningUntil == nil { await places.look { await self.settle() } } else { await replaceVisitor() }
        case .change(let entry): await writeBack(entry)
        case .call(var call):
            if call.exchange.isTokenRequest { queuedTokenCalls = max(queuedTokenCalls - 1, 0) }
            guard learningUntil == nil else {
                if let token = call.exchange.accessToken { ignored.insert(token) }
                return
            }
            if let token = call.exchange.accessToken, ignored.contains(token) { return }
            if call.exchange.isTokenRequest {
                call.exchange.responseBody = await body(of: call) ?? []
            } else if let token = call.exchange.accessToken, known.insert(token).inserted {
                // A refresh token that belongs to it may be stored in the browser.
                await places.look { await self.settle() }
            }
            await run.take(.ended(call.exchange))
        }
    }

    /// Whether no token request is under way. Otherwise the storage may hold the tokens of a response that isn't recorded
    /// yet, and a renewal would look like another visitor.
    private var isSettled: Bool { queuedTokenCalls == 0 && !traffic.isRequestingTokens }

    /// Whether what was just read may be recorded: ``isSettled``, and the application's own visitor isn't waited for.
    private func settle() async -> Bool {
        let count = devTools.eventCount
        if takenEvents < count {
            await withCheckedContinuation { waitingForEvents.append((count, $0)) }
        }
        return isSettled && learningUntil == nil
    }

    private func resumeWaiting() {
        for waiting in waitingForEvents where waiting.count <= takenEvents { waiting.continuation.resume() }
        waitingForEvents.removeAll { $0.count <= takenEvents }
    }

    /// Brings to the pages what another process has done to a session.
    private func writeBack(_ entry: JournalEntry) async {
        guard entry.draft.actor != name else { return }
        let problems: [String]
        switch entry.draft.event {
        case .renewed, .set:
            guard let tokens = try? await store.opened(entry.session)?.tokens else { return }
            problems = await places.write(tokens, of: entry.session, reloads: entry.draft.event == .set)
        case .discarded: problems = await places.delete(entry.session)
        default: return
        }
        for problem in problems { say(problem) }
    }

    private func body(of call: BrowserTraffic.Call) async -> [UInt8]? {
        guard
            let answer = try? await devTools.send(
                "Network.getResponseBody", ["requestId": .string(call.request)], to: call.session),
            let body = answer["body"]?.string
        else { return nil }
        return answer["base64Encoded"] == true ? Data(base64Encoded: body).map { Array($0) } : Array(body.utf8)
    }
}
