import InspectorCore
import Testing

@Suite("^z")
struct SuspendTests {
    private func hasSuspended(_ driver: Driver) -> Bool {
        if case .suspend? = driver.other.last { true } else { false }
    }

    @Test("Suspending waits for requests in flight and starts none")
    func finishesFirst() {
        var driver = Driver()
        driver.press(.character("r"), .control("z"))
        #expect(driver.performed.count == 1)
        #expect(driver.screen.contains("finishing requests before suspending"))
        #expect(!hasSuspended(driver))
        driver.press(.control("z"), .character("g"), .enter)
        #expect(driver.performed.count == 1)
        driver.send(.requestsFinished)
        // Suspends first, then runs what was requested in the meantime.
        #expect(hasSuspended(driver))
        #expect(driver.performed.count == 2)
        driver.send(.requestsFinished)
        #expect(driver.other.count { if case .suspend = $0 { true } else { false } } == 1)
    }
}
