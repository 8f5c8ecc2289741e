// One member of a room: speaks one stream and hears others. Python passes session descriptions on
// (relayPublish, relaySubscribe, relayAnswer).
const worker = new Worker("/worker.js");
const configuration = { iceServers: [], bundlePolicy: "max-bundle" };
const connections = [];

function gathered(connection) {
  return new Promise((resolve) => {
    const look = () => connection.iceGatheringState === "complete" && resolve();
    connection.addEventListener("icegatheringstatechange", look);
    look();
  });
}

function opusOnly(transceiver) {
  const codecs = RTCRtpReceiver.getCapabilities("audio").codecs;
  transceiver.setCodecPreferences(codecs.filter((codec) => codec.mimeType === "audio/opus"));
}

async function speak(stream) {
  const media = await navigator.mediaDevices.getUserMedia({ audio: { autoGainControl: false, noiseSuppression: false } });
  const connection = new RTCPeerConnection(configuration);
  connections.push(connection);
  const transceiver = connection.addTransceiver(media.getAudioTracks()[0], { direction: "sendonly" });
  opusOnly(transceiver);
  transceiver.sender.transform = new RTCRtpScriptTransform(worker, { side: "speaker", stream });
  await connection.setLocalDescription();
  await gathered(connection);
  const answer = await window.relayPublish(stream, connection.localDescription.sdp);
  await connection.setRemoteDescription({ type: "answer", sdp: answer });
}

async function listen(stream) {
  const connection = new RTCPeerConnection(configuration);
  connections.push(connection);
  const offer = await window.relaySubscribe(stream);
  await connection.setRemoteDescription({ type: "offer", sdp: offer });
  // An offer never takes a transceiver of addTransceiver, it makes one; before the answer it still heeds a transform.
  const [{ receiver }] = connection.getTransceivers();
  receiver.transform = new RTCRtpScriptTransform(worker, { side: "listener", stream });
  await connection.setLocalDescription();
  await gathered(connection);
  await window.relayAnswer(stream, connection.localDescription.sdp);
}

function counts() {
  return new Promise((resolve) => {
    worker.addEventListener("message", (event) => resolve(event.data), { once: true });
    worker.postMessage("counts");
  });
}

window.member = { speak, listen, counts };
