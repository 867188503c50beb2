package shimtest

import (
	"testing"

	"yamux-conform/shims/go/library"
)

// Run tests a library's shim in all that is the same whatever the library.
func Run(t *testing.T, driven *library.Library) {
	for _, test := range []struct {
		name string
		run  func(*Harness)
	}{
		{"WhatIsWrittenIsThePatternFromItsOffset", whatIsWrittenIsThePatternFromItsOffset},
		{"AReadTellsCountAndChecksum", aReadTellsCountAndChecksum},
		{"AnExactReadTakesNoByteMore", anExactReadTakesNoByteMore},
		{"AnEarlyEndOfStreamIsEOFWithWhatCame", anEarlyEndOfStreamIsEOFWithWhatCame},
		{"HalfCloseEndsWritingAndReadingGoesOn", halfCloseEndsWritingAndReadingGoesOn},
		{"ADeadlineEndsABlockedReadAndCanBeCleared", aDeadlineEndsABlockedReadAndCanBeCleared},
		{"WritesOfOneStreamKeepTheOrderOfTheirRequests", writesOfOneStreamKeepTheOrderOfTheirRequests},
		{"ADroppedLabelIsFreeAndTheStreamLeftAlone", aDroppedLabelIsFreeAndTheStreamLeftAlone},
		{"ManySessionsRunAtOnce", manySessionsRunAtOnce},

		{"HelloTellsWhatTheShimCanDo", helloTellsWhatTheShimCanDo},
		{"HelloRefusesOtherProtocols", helloRefusesOtherProtocols},
		{"WhatTheLibraryCannotDoIsUnsupported", whatTheLibraryCannotDoIsUnsupported},
		{"SettingsTheLibraryDoesNotHaveAreUnsupported", settingsTheLibraryDoesNotHaveAreUnsupported},
		{"ASessionWithEverySettingWorks", aSessionWithEverySettingWorks},
		{"ASettingThatIsOffIsLackedByNobody", aSettingThatIsOffIsLackedByNobody},
		{"ARequestThatIsWrongIsAFault", aRequestThatIsWrongIsAFault},
		{"ALineThatIsNoRequestIsReportedAndTheNextOnesServed", aLineThatIsNoRequestIsReportedAndTheNextOnesServed},
		{"ALineOfAMegabyteIsRead", aLineOfAMegabyteIsRead},
		{"ByeIsAnsweredLastAndEndsTheShim", byeIsAnsweredLastAndEndsTheShim},
		{"TheEndOfStdinClosesTheSessions", theEndOfStdinClosesTheSessions},
		{"TheDocumentHasEveryActionAndSetting", theDocumentHasEveryActionAndSetting},

		{"TheCauseIsFoundBehindStreamsNobodyAccepted", theCauseIsFoundBehindStreamsNobodyAccepted},
		{"AnUnansweredKeepAliveEndsTheSession", anUnansweredKeepAliveEndsTheSession},
		{"ClosingTheSessionEndsItsCalls", closingTheSessionEndsItsCalls},
		{"EndWaitsForPendingCallsAndFreesTheName", endWaitsForPendingCallsAndFreesTheName},
		{"TwoSessionsOfOneShimCanTalkToEachOther", twoSessionsOfOneShimCanTalkToEachOther},
	} {
		t.Run(test.name, func(t *testing.T) { test.run(New(t, driven)) })
	}
}
