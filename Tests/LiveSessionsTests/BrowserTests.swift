import Foundation
import Testing
import VisitorSessions
import WixHeadless

@testable import LiveSessions

@Suite("The protocol of a browser") struct BrowserTests {
    @Test("Messages are complete wherever the stream is split")
    func framing() {
        let messages: [JSONValue] = [
            ["id": 1, "result": [:]], ["method": "Page.frameNavigated", "params": ["text": "a\u{0}\"ü"]],
        ]
        let bytes = messages.flatMap(DevToolsFraming.frame)
        #expect(bytes.count { $0 == 0 } == 2)
        for place in 0...bytes.count {
            var framing = DevToolsFraming()
            #expect(framing.feed(bytes[..<place]) + framing.feed(bytes[place...]) == messages, "split at \(place)")
        }
        var framing = DevToolsFraming()
        #expect(bytes.indices.flatMap { framing.feed(bytes[$0...$0]) } == messages)
    }

    @Test("What isn't JSON is skipped, and the next message is read")
    func garbage() {
        var framing = DevToolsFraming()
        let bytes = Array("{\u{0}\u{0}".utf8) + DevToolsFraming.frame(["id": 1])
        #expect(framing.feed(bytes[...]) == [["id": 1]])
    }

    @Test("A call to the API is complete when its response is; preflights and other hosts are left out")
    func traffic() throws {
        var traffic = BrowserTraffic(hosts: ["www.wixapis.com"])
        func feed(_ method: String, _ parameters: JSONValue) -> BrowserTraffic.Call? {
            guard
                case .ended(let call)? = traffic.feed(
                    DevTools.Event(method: method, parameters: parameters, session: "tab"))
            else { return nil }
            return call
        }
        func sent(_ id: String, _ url: String, _ initiator: String) -> JSONValue {
            [
                "requestId": .string(id), "documentURL": "http://localhost:3000/cart", "timestamp": 1,
                "initiator": ["type": .string(initiator)],
                "request": ["url": .string(url), "method": "GET", "headers": ["authorization": "Bearer token-1"]],
            ]
        }
        let cart = "https://www.wixapis.com:443/ecom/v1/carts/current?x=1"
        #expect(feed("Network.requestWillBeSent", sent("1", cart, "script")) == nil)
        #expect(feed("Network.requestWillBeSent", sent("2", cart, "preflight")) == nil)
        #expect(feed("Network.requestWillBeSent", sent("3", "https://example.com/", "script")) == nil)
        let response: JSONValue = [
            "requestId": "1", "timestamp": 2, "response": ["status": 428, "headers": ["X-Wix-Request-Id": "r1"]],
        ]
        #expect(feed("Network.responseReceived", response) == nil)
        for id in ["2", "3"] {
            #expect(feed("Network.loadingFinished", ["requestId": .string(id), "timestamp": 3]) == nil)
        }
        let end: JSONValue = ["requestId": "1", "timestamp": 3, "encodedDataLength": 7]
        let exchange = try #require(feed("Network.loadingFinished", end)).exchange
        #expect(exchange.path == "/ecom/v1/carts/current" && exchange.status == 428 && exchange.requestID == "r1")
        #expect(exchange.end - exchange.start == .seconds(2) && exchange.bytesReceived == 7)
        #expect(exchange.accessToken == Secret("token-1") && exchange.label == "localhost:3000")
    }

    @Test("A target that several sessions attach to is recorded once")
    func targets() {
        var targets = BrowserTargets()
        let worker: JSONValue = ["targetId": "w", "type": "service_worker"]
        let first = targets.add("s1", worker)
        let second = targets.add("s2", worker)
        #expect(first && !second)
        let removed = ["s2", "s1"].map { targets.remove($0) }
        let again = targets.add("s3", worker)
        #expect(removed == [false, true] && again)
        #expect(targets.pages == 0)
    }
}
