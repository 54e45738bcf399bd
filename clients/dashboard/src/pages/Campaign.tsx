export default function Campaign() {
  return null;
}
