# Numbers go through a pipe; both sides keep their counts in memory.
count=0
while true; do
  count=$((count + 1))
  echo "$count"
  sleep 0.01
done | while read -r number; do
  sum=$((sum + number))
  echo "$number $sum" >> numbers
done
