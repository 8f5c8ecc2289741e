// One member of a plain call: the browser's own Opus, as loud and as many bits as Earmark's, nothing sealed or marked.
// Python passes session descriptions on (relayPublish, relaySubscribe, relayAnswer).
const configuration = { iceServers: [], bundlePolicy: "max-bundle" };
const OPUS = "minptime=20;maxptime=20;ptime=20;maxaveragebitrate=32000;cbr=1;usedtx=0;useinbandfec=0;stereo=0";
const connections = [];

function gathered(connection) {
  return new Promise((resolve) => {
    const look = () => connection.iceGatheringState === "complete" && resolve();
    connection.addEventListener("icegatheringstatechange", look);
    look();
  });
}

function steady(sdp) {
  const [, type] = /^a=rtpmap:(\d+) opus\//im.exec(sdp);
  const lines = sdp.split("\r\n").filter((line) => !line.startsWith(`a=fmtp:${type} `));
  return lines.flatMap((line) => (line.startsWith(`a=rtpmap:${type} `) ? [line, `a=fmtp:${type} ${OPUS}`] : [line])).join("\r\n");
}

async function speak(stream) {
  const media = await navigator.mediaDevices.getUserMedia({
    audio: { channelCount: 1, echoCancellation: true, noiseSuppression: true, autoGainControl: true },
  });
  const connection = new RTCPeerConnection(configuration);
  connections.push(connection);
  const transceiver = connection.addTransceiver(media.getAudioTracks()[0], { direction: "sendonly" });
  const { codecs } = RTCRtpSender.getCapabilities("audio");
  transceiver.setCodecPreferences(codecs.filter((codec) => codec.mimeType === "audio/opus"));
  const { sdp } = await connection.createOffer();
  await connection.setLocalDescription({ type: "offer", sdp: steady(sdp) });
  await gathered(connection);
  const answer = await window.relayPublish(stream, connection.localDescription.sdp);
  await connection.setRemoteDescription({ type: "answer", sdp: steady(answer) });
}

async function listen(stream) {
  const connection = new RTCPeerConnection(configuration);
  connections.push(connection);
  await connection.setRemoteDescription({ type: "offer", sdp: await window.relaySubscribe(stream) });
  const [{ receiver }] = connection.getTransceivers();
  await connection.setLocalDescription();
  await gathered(connection);
  await window.relayAnswer(stream, connection.localDescription.sdp);
  const element = document.createElement("audio");
  element.srcObject = new MediaStream([receiver.track]);
  document.querySelector("#sound").append(element);
  await element.play();
}

window.member = { speak, listen };
