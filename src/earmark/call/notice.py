"""What everybody who enters a call is told, and signs that they know."""

from hashlib import sha256

NOTICE = """This call is confidential, and its sound is marked.

You will hear the other people in this call with inaudible differences that are yours alone. If any part of what you \
hear appears where it should not, those who keep this call's records can find out that it was your copy, with a stated \
bound on the chance that it names somebody else.

Nobody but the people in this call can hear it: not the server, not those who run it. Nothing is recorded unless \
somebody says so on this page.

That you have read this is signed with a key of this browser and kept with the call's records, with your name, the \
time, and the minutes that you were here."""

NOTICE_SHA256 = sha256(NOTICE.encode("utf-8")).hexdigest()
