import Foundation
import VisitorSessions

/// A recording of requests (HAR 1.2): cookies, headers, bodies, requests to the token endpoint and its responses.
struct HARFile {
    static let name = "HAR file"

    /// Why a HAR file usually has no tokens.
    static let hint = "Browsers omit cookies and Authorization from HAR files unless you export sensitive data."

    /// The path of its entries (``JSONReader/outline(_:leavingOut:)``).
    static let entries = "log.entries"

    /// The hosts that visitor tokens are sent to. An `Authorization` header sent there holds one, whatever its form.
    private var tokenHosts: Set<String> = ["www.wixapis.com"]

    /// Searches a HAR file. Returns `false` if the document isn't one.
    static func find(in outline: JSONReader.Outline, _ finder: inout TokenFinder, _ context: TokenFinder.Context)
        -> Bool
    {
        guard outline.has(entries) else { return false }
        var file = HARFile()
        for entry in outline.elements(entries) {
            if let url = url(entry.value), isTokenEndpoint(url), let host = url.host?.lowercased() {
                file.tokenHosts.insert(host)
            }
        }
        for (index, entry) in outline.elements(entries).enumerated() {
            let inner = context.at("entry \(index + 1)")
            finder.inSeparatePlace { file.find(entry.value, &$0, inner) }
            guard let fault = entry.fault else { continue }
            finder.add(problem: UnreadableTokens("It can't be read: \(fault.reason)."), inner)
        }
        return true
    }

    private static func url(_ entry: JSONValue) -> URLComponents? {
        entry["request"]?["url"]?.string.flatMap { URLComponents(string: $0) }
    }

    private static func isTokenEndpoint(_ url: URLComponents) -> Bool {
        url.path.hasSuffix("/oauth2/token")
    }

    private func find(_ entry: JSONValue, _ finder: inout TokenFinder, _ context: TokenFinder.Context) {
        var context = context
        context.now = entry["startedDateTime"]?.string.flatMap(ISO8601Time.date) ?? context.now
        let url = Self.url(entry)
        let isTokenHost = tokenHosts.contains(url?.host?.lowercased() ?? "")
        for side in ["request", "response"] {
            let cookies = (entry[side]?["cookies"]?.array ?? []).compactMap { Field($0) }.map { field in
                var cookie = field
                cookie.kind = "\(side) cookie"
                return cookie
            }
            let headers = (entry[side]?["headers"]?.array ?? []).compactMap { Field($0) }.map { field in
                var header = field
                let isAuthorization = FieldRole(field.name) == .authorization
                header.kind = isAuthorization ? "\(side) header" : side
                return header
            }
            // Keys that are sent to other hosts aren't a visitor's tokens.
            finder.find(cookies, context.at(""))
            finder.find(headers, context.at("", expecting: isTokenHost))
        }
        let request = entry["request"]?["postData"]
        let asked = RequestedFields(request)
        if let answer = Self.body(entry["response"]?["content"]), let json = try? JSONReader.read(answer.utf8) {
            let isTokenAnswer = url.map(Self.isTokenEndpoint) ?? false
            if isTokenAnswer || json["access_token"]?.string.map({ TokenText.Form($0) == .access }) ?? false {
                if find(tokenAnswer: json, asked: asked, &finder, context.at("response")) { return }
            } else if answer.hasBytes("JWS.") {
                finder.find(json, context.at("response", expecting: false))
            }
        }
        // A failed request still contains the tokens that were sent.
        let query = (entry["request"]?["queryString"]?.array ?? []).compactMap { Field($0) }
        finder.find(query, context.at("request", expecting: false))
        let parameters = (request?["params"]?.array ?? []).compactMap { Field($0) }
        if !parameters.isEmpty { finder.find(parameters, context.at("request body", expecting: false)) }
        if let body = Self.body(request) { finder.find(body, context.at("request body", expecting: false)) }
    }

    /// Records the tokens in a token endpoint's response. A renewal shows which refresh token it replaced or kept.
    ///
    /// Returns whether the response had tokens.
    private func find(
        tokenAnswer json: JSONValue, asked: RequestedFields, _ finder: inout TokenFinder, _ context: TokenFinder.Context
    ) -> Bool {
        do throws(UnreadableTokens) {
            guard json["access_token"]?.string != nil, var read = try EndpointTokens.read(json, now: context.now) else {
                return false
            }
            if let old = asked.refreshToken {
                if let new = read.tokens.refreshToken {
                    finder.replace(old.value, by: new.value)
                } else {
                    read.keep(old)
                }
            }
            read.clientID = asked.clientID
            finder.add(read, context)
            return true
        } catch {
            finder.add(problem: error, context)
            return false
        }
    }

    /// What a token request asked for.
    private struct RequestedFields {
        var clientID: String?
        var refreshToken: TokenText?

        init(_ postData: JSONValue?) {
            let text = postData?["text"]?.string
            let json = text.flatMap { try? JSONReader.read($0.utf8) }
            let parameters = (postData?["params"]?.array ?? []).compactMap { Field($0) }
            let form = json == nil && parameters.isEmpty ? text.flatMap(FormFields.fields) ?? [] : parameters
            func field(_ role: FieldRole) -> String? {
                if let member = json?.members?.first(where: { FieldRole($0.name) == role }) {
                    return member.value.string
                }
                return form.first { FieldRole($0.name) == role }?.value.string
            }
            clientID = field(.clientID).flatMap(ClientID.read)
            refreshToken = field(.refreshToken).flatMap { try? TokenText($0, "") }
        }
    }

    /// The text of a body, if it may hold tokens and isn't a file.
    private static func body(_ content: JSONValue?) -> String? {
        guard let text = content?["text"]?.string, text.utf8.count <= TokenFinder.textLimit else { return nil }
        guard content?["encoding"]?.string == "base64" else { return text }
        return Data(base64Encoded: text).flatMap { String(validating: $0, as: UTF8.self) }
    }
}

/// Playwright's `storageState`: the cookies and local storage of a browser context.
/// `{"cookies":[{"name","value","domain"}],"origins":[{"origin","localStorage":[{"name","value"}]}]}`.
enum StorageState {
    static let name = "Playwright storage state"

    /// The paths of its lists (``JSONReader/outline(_:leavingOut:)``).
    static let cookies = "cookies"
    static let origins = "origins"

    /// Searches a storage state. Returns `false` if the document isn't one.
    static func find(in outline: JSONReader.Outline, _ finder: inout TokenFinder, _ context: TokenFinder.Context)
        -> Bool
    {
        guard outline.has(cookies) || outline.has(origins) else { return false }
        finder.inSeparatePlace { finder in
            finder.find(outline.elements(cookies).compactMap { Field($0.value) }, context)
        }
        for (index, element) in outline.elements(origins).enumerated() {
            if let fault = element.fault {
                finder.add(
                    problem: UnreadableTokens("It can't be read: \(fault.reason)."), context.at("origin \(index + 1)"))
            }
            let origin = Field.shown(element.value["origin"]?.string ?? "?")
            for area in ["localStorage", "sessionStorage"] {
                let fields = (element.value[area]?.array ?? []).compactMap { Field($0) }
                finder.inSeparatePlace { $0.find(fields, context.at("\(area) of \(origin)")) }
            }
        }
        return true
    }
}
