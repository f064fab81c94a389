import Foundation
import VisitorSessions
import WixHeadless

/// Collects the API calls of a browser from its events.
///
/// Does no I/O. Instants are the browser's, which are monotonic.
struct BrowserTraffic {
    /// A complete call. For a token request, the response's body must still be fetched from the browser.
    struct Call {
        var exchange: Exchange
        var session: String
        var request: String
    }

    enum Change {
        /// A token request was sent.
        case sent(Exchange)
        case ended(Call)
    }

    private struct Key: Hashable {
        var session: String
        var request: String
    }

    /// The hosts of the API, with the port unless it is the default one.
    private let hosts: Set<String>
    private var pending: [Key: Exchange] = [:]

    /// The applications that were seen, by the host of their pages. Each counts as one process.
    private var applications: [String] = []

    init(hosts: Set<String>) {
        self.hosts = hosts
    }

    /// Whether a token request is in flight.
    var isRequestingTokens: Bool { pending.values.contains(where: \.isTokenRequest) }

    /// Returns what the event means for a call.
    mutating func feed(_ event: DevTools.Event) -> Change? {
        guard let session = event.session, let request = event.parameters["requestId"]?.string else { return nil }
        let key = Key(session: session, request: request)
        let instant = event.parameters["timestamp"]?.double.map { Duration.seconds($0) } ?? .zero
        switch event.method {
        case "Network.requestWillBeSent":
            pending[key] = exchange(event.parameters, at: instant)
            if let exchange = pending[key], exchange.isTokenRequest { return .sent(exchange) }
        case "Network.responseReceived":
            guard let response = event.parameters["response"] else { return nil }
            // A service worker reports its own calls.
            if response["fromServiceWorker"] == true { pending[key] = nil }
            pending[key]?.status = response["status"]?.int
            pending[key]?.firstByte = instant
            let headers = Self.headers(response)
            pending[key]?.requestID = headers["x-wix-request-id"] ?? headers["x-request-id"]
        case "Network.loadingFinished", "Network.loadingFailed":
            guard var exchange = pending.removeValue(forKey: key) else { return nil }
            exchange.end = instant
            exchange.isCut = event.method == "Network.loadingFailed"
            exchange.bytesReceived = event.parameters["encodedDataLength"]?.int ?? 0
            return .ended(Call(exchange: exchange, session: session, request: request))
        default: break
        }
        return nil
    }

    /// Forgets the requests of a target that is gone.
    mutating func end(_ session: String) {
        pending = pending.filter { $0.key.session != session }
    }

    /// The request, if it goes to the API.
    private mutating func exchange(_ event: JSONValue, at instant: Duration) -> Exchange? {
        guard let request = event["request"], let url = request["url"]?.string.flatMap(URLComponents.init(string:)),
            hosts.contains(url.authority), event["initiator"]?["type"] != "preflight",
            let method = request["method"]?.string
        else { return nil }
        let page = event["documentURL"]?.string.flatMap(URLComponents.init(string:))?.authority ?? ""
        var exchange = Exchange(
            method: method, path: url.path, process: number(of: page), start: instant,
            accessToken: Self.headers(request)["authorization"].flatMap(ExchangeTracker.token))
        exchange.label = page.isEmpty ? nil : page
        if exchange.isTokenRequest { exchange.requestBody = Array((request["postData"]?.string ?? "").utf8) }
        return exchange
    }

    private mutating func number(of page: String) -> Int32 {
        if let index = applications.firstIndex(of: page) { return Int32(index) }
        applications.append(page)
        return Int32(applications.count - 1)
    }

    private static func headers(_ message: JSONValue) -> [String: String] {
        let pairs = (message["headers"]?.members ?? []).map { ($0.name.lowercased(), $0.value.string ?? "") }
        return Dictionary(pairs) { first, _ in first }
    }
}

extension DevTools {
    /// The body of a call's response. `nil`: the browser doesn't have it.
    func body(of call: BrowserTraffic.Call) async -> [UInt8]? {
        guard
            let answer = try? await send(
                "Network.getResponseBody", ["requestId": .string(call.request)], to: call.session),
            let body = answer["body"]?.string
        else { return nil }
        return answer["base64Encoded"] == true ? Data(base64Encoded: body).map { Array($0) } : Array(body.utf8)
    }
}

extension DevTools {
    private static let api = "https://www.wixapis.com"

    /// Makes an attached target report its calls and storage, and lets it run.
    ///
    /// - Parameters:
    ///   - pausesCalls: Whether its calls to the API wait for ``redirect(_:to:)``.
    ///   - pausesPages: Whether its pages wait for ``load(_:after:pausesCalls:)``.
    /// - Returns: A task that ends when the target has confirmed that it reports them.
    func observe(_ session: String, pausesCalls: Bool, pausesPages: Bool) -> Task<Void, Never> {
        // The bodies of token requests and their responses are small.
        post(
            "Network.enable",
            ["maxPostDataSize": 65536, "maxResourceBufferSize": 1_048_576, "maxTotalBufferSize": 8_388_608], to: session
        )
        let calls: [JSONValue] = pausesCalls ? [["urlPattern": .string("\(Self.api)/*")]] : []
        let pages: [JSONValue] = pausesPages ? [["resourceType": "Document"]] : []
        if pausesCalls || pausesPages { post("Fetch.enable", ["patterns": .array(calls + pages)], to: session) }
        post("Page.enable", to: session)
        // Commands are confirmed in order.
        let ready = sendNow("DOMStorage.enable", to: session)
        post(
            "Target.setAutoAttach", ["autoAttach": true, "waitForDebuggerOnStart": true, "flatten": true], to: session)
        post("Runtime.runIfWaitingForDebugger", to: session)
        return ready
    }

    /// Loads a paused page once `ready` has ended: the tab has confirmed that it reports calls.
    ///
    /// A new process may run the page, and it misses the page's first calls if the present one hasn't confirmed that.
    func load(_ event: Event, after ready: Task<Void, Never>, pausesCalls: Bool) async {
        guard let session = event.session else { return }
        await ready.value
        if pausesCalls { redirect(event, to: nil) } else { post("Fetch.disable", to: session) }
    }

    /// Sends a paused call to the development issuer. The page still sees the address that it called.
    func redirect(_ event: Event, to localIssuer: String?) {
        guard let session = event.session, let id = event.parameters["requestId"] else { return }
        var parameters: [JSONValue.Member] = [.init(name: "requestId", value: id)]
        if let url = event.parameters["request"]?["url"]?.string, let localIssuer, url.hasPrefix("\(Self.api)/") {
            parameters.append(.init(name: "url", value: .string(localIssuer + url.dropFirst(Self.api.count))))
        }
        post("Fetch.continueRequest", .object(parameters), to: session)
    }
}

/// A browser's attached targets, each with one session.
struct BrowserTargets {
    private var attached: [String: (target: String, type: String)] = [:]

    /// The number of tabs.
    var pages: Int { attached.values.count { $0.type == "page" } }

    /// Returns `false` if the target is attached already. Service workers are attached by the browser and by each tab.
    mutating func add(_ session: String, _ info: JSONValue) -> Bool {
        let target = info["targetId"]?.string ?? session
        guard !attached.values.contains(where: { $0.target == target }) else { return false }
        attached[session] = (target, info["type"]?.string ?? "")
        return true
    }

    /// Returns whether the session belonged to a target.
    mutating func remove(_ session: String) -> Bool {
        attached.removeValue(forKey: session) != nil
    }
}

extension URLComponents {
    /// As pages see it in `location.origin`.
    var origin: String? {
        scheme.map { "\($0.lowercased())://\(authority)" }
    }

    /// The host, and the port unless it is the scheme's.
    var authority: String {
        let isDefault = port == nil || (scheme == "https" && port == 443) || (scheme == "http" && port == 80)
        return (encodedHost ?? "").lowercased() + (isDefault ? "" : port.map { ":\($0)" } ?? "")
    }
}
